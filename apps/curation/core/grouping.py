"""Groups of notes that seem to state the same fact, without a language model.

The same letters with the same exact facets are *certain* and may be merged silently. What is only
*likely*, a message with anything added to it included, becomes one request that a person decides.
Likeness blends the cosine of the embeddings with the overlap of rare words, numbers, codes and
names; groups grow by average linkage over the pairs the search proposed, so a chain of look-alikes
does not glue two facts together, and no pair with a veto shares a group.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Literal

from apps.curation.core.facets import Names
from apps.curation.core.linkage import Linkage
from apps.curation.core.notes import Edge, Note
from apps.curation.core.overlap import Vocabulary
from apps.curation.core.rules import Reading, compare_readings, differences, read
from apps.curation.core.statements import Pair, distinct, own_words, statements

Certainty = Literal["certain", "likely"]

ALIKE_WORDS = 0.25  # overlap from which a reviewer is told that the words are alike
ALIKE_MEANING = 0.5  # cosine from which a reviewer is told that the meaning seems alike


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """Policy values of the grouping.

    Attributes:
        lexical_weight: weight of the overlap of words against the cosine, in [0, 1].
        link_threshold: average likeness, in [0, 1], from which notes form one group.
        max_statements: most differing texts in one group; bounds the work on it.
        min_people: independent people a group needs to be worth a reviewer's time.
        min_confidence: confidence, in [0, 1], that it needs; raise it for fewer, surer requests.
    """

    lexical_weight: float = 0.6
    link_threshold: float = 0.35
    max_statements: int = 64
    min_people: int = 2
    min_confidence: float = 0.35


@dataclass(frozen=True, slots=True)
class Member:
    """A note in a group.

    `link` says how it hangs together with the canonical note; `likeness`, in [0, 1], is its mean
    likeness to the group's other statements (1.0 where there are none).
    """

    note: int
    link: Certainty
    likeness: float


@dataclass(frozen=True, slots=True)
class Group:
    """Notes that state, or seem to state, one fact. A note alone is a group too.

    Attributes:
        members: in the order of their note ids.
        statements: note ids, split into sets that certainly say the same.
        people: who said it, relays and repetitions included.
        independent_people: who said it in their own words; of a relayed message the first author,
            by the time the hub recorded it.
        canonical: id of the note that holds most of what those people share, and one of theirs:
            never a relay by somebody else, which may add what nobody witnessed.
        confidence: mean likeness of the statements, in [0, 1]; 1.0 where there is one only.
        reasons: stable codes of what binds the group (`identical`, `relay`, `wording`, `words`,
            `meaning`, `shared_number`, `shared_code`, `shared_name`, `one_person`, `one_message`).
    """

    members: tuple[Member, ...]
    statements: tuple[tuple[int, ...], ...]
    people: tuple[int, ...]
    independent_people: tuple[int, ...]
    canonical: int
    confidence: float
    reasons: tuple[str, ...]


def group(
    notes: Sequence[Note],
    edges: Sequence[Edge],
    settings: GroupingSettings,
    *,
    vocabulary: Vocabulary | None = None,
) -> tuple[Group, ...]:
    """Partition `notes` into groups that seem to state the same fact.

    Args:
        notes: with distinct ids; their order is irrelevant.
        edges: candidate pairs by note id, from nearest-neighbour search; duplicates and either
            direction are fine, pairs with an unknown note are ignored.
        settings: policy values.
        vocabulary: how common terms are; by default counted in `notes`. An incremental run passes
            the counts of the whole population.

    Returns:
        Groups in the order of their smallest note id; each note in exactly one.
    """
    return _Run(notes, edges, settings, vocabulary).groups()


def worth_review(found: Group, settings: GroupingSettings) -> bool:
    """Whether `found` is worth a reviewer's time: enough independent people, and likely enough."""
    enough = len(found.independent_people) >= settings.min_people
    return enough and found.confidence >= settings.min_confidence


class _Run:
    """One call of `group`: notes by position in the order of their ids, read once."""

    def __init__(
        self,
        notes: Sequence[Note],
        edges: Sequence[Edge],
        settings: GroupingSettings,
        vocabulary: Vocabulary | None,
    ) -> None:
        self.notes = sorted(notes, key=lambda note: note.id)
        self.settings = settings
        names = Names.of(self.notes)
        self.readings = [read(note, names) for note in self.notes]
        self.vocabulary = vocabulary or _vocabulary(self.readings)
        self.masses = [self.vocabulary.mass(reading.terms) for reading in self.readings]
        self.cosines = self._candidates(edges)
        self.sets = statements(self.readings, limit=max(1, settings.max_statements))
        self.versions = [distinct(self.readings, members) for members in self.sets]
        self.links = self._links()

    def groups(self) -> tuple[Group, ...]:
        linkage = Linkage(len(self.sets), self.links, threshold=self.settings.link_threshold)
        clusters = linkage.clusters(
            limit=self.settings.max_statements,
            apart=self._apart,
            weights=[len(versions) for versions in self.versions],
        )
        return tuple(self._describe(cluster) for cluster in clusters)

    def _candidates(self, edges: Iterable[Edge]) -> dict[Pair, float]:
        """Best cosine of each candidate pair, by position; negative cosines count as zero."""
        place = {note.id: position for position, note in enumerate(self.notes)}
        best: dict[Pair, float] = {}
        for edge in edges:
            if edge.a == edge.b or edge.a not in place or edge.b not in place:
                continue
            low, high = sorted((place[edge.a], place[edge.b]))
            best[low, high] = max(best.get((low, high), 0.0), edge.cosine)
        return best

    def _links(self) -> dict[Pair, float]:
        """Best likeness of each pair of statements between which a search proposed a pair."""
        home = {position: s for s, members in enumerate(self.sets) for position in members}
        links: dict[Pair, float] = {}
        for (a, b), cosine in self.cosines.items():
            low, high = sorted((home[a], home[b]))
            if low != high:
                links[low, high] = max(links.get((low, high), 0.0), self._likeness(a, b, cosine))
        return links

    def _likeness(self, a: int, b: int, cosine: float) -> float:
        weight = self.settings.lexical_weight
        return weight * self._overlap(a, b) + (1 - weight) * min(cosine, 1.0)

    def _overlap(self, a: int, b: int) -> float:
        """Cosine of the two sets of weighted terms, in [0, 1]."""
        shared = self.vocabulary.mass(self.readings[a].terms & self.readings[b].terms)
        whole = sqrt(self.masses[a] * self.masses[b])
        return min(1.0, shared / whole) if whole else 0.0

    def _apart(self, left: int, right: int) -> bool:
        return any(
            differences(self.readings[a], self.readings[b])
            for a in self.versions[left]
            for b in self.versions[right]
        )

    def _describe(self, cluster: tuple[int, ...]) -> Group:
        sets = [self.sets[s] for s in cluster]
        positions = sorted(position for members in sets for position in members)
        notes = {position: self.notes[position] for position in positions}
        readings = {position: self.readings[position] for position in positions}
        own = own_words(notes, readings, sets)
        people = {note.person for note in notes.values()}
        independent = {notes[position].person for position in own}
        canonical = self._canonical(sorted(own))
        return Group(
            members=self._members(cluster, canonical),
            statements=tuple(tuple(self.notes[i].id for i in members) for members in sets),
            people=tuple(sorted(people)),
            independent_people=tuple(sorted(independent)),
            canonical=self.notes[canonical].id,
            confidence=self._confidence(cluster),
            reasons=self._reasons(cluster, people, independent),
        )

    def _members(self, cluster: tuple[int, ...], canonical: int) -> tuple[Member, ...]:
        found = []
        for s in cluster:
            link: Certainty = "certain" if canonical in self.sets[s] else "likely"
            others = [self._linked(s, other) for other in cluster if other != s]
            likeness = fsum(others) / len(others) if others else 1.0
            found += [Member(self.notes[i].id, link, likeness) for i in self.sets[s]]
        return tuple(sorted(found, key=lambda member: member.note))

    def _linked(self, a: int, b: int) -> float:
        return self.links.get((min(a, b), max(a, b)), 0.0)

    def _confidence(self, cluster: tuple[int, ...]) -> float:
        links = [self._linked(a, b) for a in cluster for b in cluster if a < b]
        return fsum(links) / len(links) if links else 1.0

    def _canonical(self, positions: Sequence[int]) -> int:
        """The note with most of what these share; the shorter, then the earlier, on a tie."""
        shared = Counter(term for i in positions for term in self.readings[i].terms)

        def worth(position: int) -> tuple[float, int, float, int]:
            note, held = self.notes[position], self.readings[position].terms
            common = fsum((shared[term] - 1) * self.vocabulary.weight(term) for term in held)
            return -common, len(note.text), note.recorded_at.timestamp(), note.id

        return min(positions, key=worth)

    def _reasons(
        self, cluster: tuple[int, ...], people: set[int], independent: set[int]
    ) -> tuple[str, ...]:
        found = self._likely_reasons([i for s in cluster for i in self.versions[s]])
        if any(len(self.sets[s]) > 1 for s in cluster):
            found |= {"identical", "relay"}
        if len(people) == 1 and sum(len(self.sets[s]) for s in cluster) > 1:
            found.add("one_person")
        if len(people) > 1 and len(independent) == 1:
            found.add("one_message")
        return tuple(sorted(found))

    def _likely_reasons(self, heads: Sequence[int]) -> set[str]:
        pairs = [(a, b) for a in heads for b in heads if a < b and (a, b) in self.cosines]
        read_pairs = [(self.readings[a], self.readings[b]) for a, b in pairs]
        found = {code for a, b in read_pairs for code in _shared(a, b)}
        found |= {code for a, b in read_pairs for code in compare_readings(a, b).reasons}
        if any(self._overlap(a, b) >= ALIKE_WORDS for a, b in pairs):
            found.add("words")
        if any(self.cosines[a, b] >= ALIKE_MEANING for a, b in pairs):
            found.add("meaning")
        return found


def _vocabulary(readings: Iterable[Reading]) -> Vocabulary:
    """Terms counted once for each different text: repeating a word makes it no commoner."""
    different = {(reading.letters, reading.terms) for reading in readings}
    return Vocabulary.of(terms for _, terms in different)


def _shared(a: Reading, b: Reading) -> set[str]:
    left, right = a.facets, b.facets
    return {
        reason
        for reason, shared in (
            ("shared_number", left.numbers & right.numbers),
            ("shared_code", _common(left.codes, right.codes)),
            ("shared_name", _common(left.names, right.names)),
        )
        if shared
    }


def _common(a: Mapping[str, frozenset[str]], b: Mapping[str, frozenset[str]]) -> bool:
    return any(not a[key].isdisjoint(b[key]) for key in a.keys() & b.keys())
