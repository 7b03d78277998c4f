"""Groups of notes that state, or seem to state, the same fact.

The same letters with the same exact facets are *certain*. A judge, where there is one, is asked
about pairs that are alike, and what most of its verdicts support is *judged* the same. What is only
*likely*, a message with anything added to it included, becomes one request that a person decides:
such groups grow by average linkage over the pairs the search proposed, so that a chain of
look-alikes does not glue two facts together. What a reviewer joined or split stays so. No pair with
a veto by a rule shares a group.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from apps.curation.core import consensus, inquiry
from apps.curation.core.consensus import Verdicts
from apps.curation.core.facets import Names
from apps.curation.core.groups import Group, GroupingSettings
from apps.curation.core.likeness import Likeness, cosines
from apps.curation.core.notes import Edge, Note
from apps.curation.core.overlap import Vocabulary
from apps.curation.core.partition import Partition
from apps.curation.core.rules import Reading, differences, read
from apps.curation.core.rulings import Ruling, settle
from apps.curation.core.statements import Pair, distinct, statements


def group(
    notes: Sequence[Note],
    edges: Sequence[Edge],
    settings: GroupingSettings,
    *,
    vocabulary: Vocabulary | None = None,
) -> tuple[Group, ...]:
    """Partition `notes` into groups that seem to state the same fact, without a judge.

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
    return Grouping(notes, edges, settings, vocabulary=vocabulary).groups()


class Grouping:
    """Notes on the way to their groups: what to ask a judge, and the groups by what it said.

    Positions are those of the notes in the order of their ids; a *set* is what certainly makes one
    statement. Verdicts go by ids of notes, (first, second) as asked, and pairs of notes in one set
    are the same question.
    """

    def __init__(
        self,
        notes: Sequence[Note],
        edges: Sequence[Edge],
        settings: GroupingSettings,
        *,
        vocabulary: Vocabulary | None = None,
        claims: Mapping[int, str] | None = None,
        rulings: Iterable[Ruling] = (),
    ) -> None:
        """Read the notes once; see `group`.

        Args:
            notes, edges, settings, vocabulary: as for `group`.
            claims: English claims of notes, by id.
            rulings: what reviewers said of notes.
        """
        self.notes = sorted(notes, key=lambda note: note.id)
        self.settings = settings
        self.names = names = Names.of(self.notes)
        self.readings = [read(note, names) for note in self.notes]
        self.place = {note.id: position for position, note in enumerate(self.notes)}
        rewritten = {
            self.place[id_]: read(replace(self.notes[self.place[id_]], text=claim), names)
            for id_, claim in (claims or {}).items()
            if id_ in self.place
        }
        self.vocabulary = vocabulary or _vocabulary(self.readings)
        self.likeness = Likeness(self.readings, self.vocabulary, settings.lexical_weight, rewritten)
        self.cosines = cosines(self.notes, edges)
        self.sets = statements(self.readings, limit=max(1, settings.max_statements))
        self.home = {position: s for s, members in enumerate(self.sets) for position in members}
        self.versions = [distinct(self.readings, members) for members in self.sets]
        self.links = self._links()
        self.vetoed = cache(self._vetoed)
        by_note = {note.id: self.home[position] for position, note in enumerate(self.notes)}
        self.ties = settle(rulings, by_note, vetoed=self.vetoed)
        self.tied = {s: group for group in self.ties.together for s in group}

    def apart(self, left: int, right: int) -> bool:
        """Whether a certain rule or a reviewer keeps two sets (low, high) apart."""
        return (left, right) in self.ties.apart or self.vetoed(left, right)

    def facts(self, said: Verdicts) -> tuple[tuple[int, ...], ...]:
        """Sets that state the same fact, by what reviewers and the judge said of them."""
        together = self.ties.together
        return consensus.same_facts(len(self.sets), said, apart=self.apart, together=together)

    def candidates(self) -> list[Pair]:
        """Every pair that may ever be asked about, in both orders, as ids of notes."""
        pairs = [pair for pair, value in self.links.items() if value >= inquiry.FLOOR]
        return [self._ids(pair) for low, high in pairs for pair in ((low, high), (high, low))]

    def questions(self, verdicts: Verdicts, asked: Collection[Pair]) -> list[Pair]:
        """The next round for the judge; empty when it can tell nothing new.

        Args:
            verdicts: heard so far.
            asked: pairs asked so far, answered or not; holds those of `verdicts`.
        """
        said, tried = self._of_sets(verdicts), {self._sets_of(pair) for pair in asked}
        found = inquiry.to_confirm(said, tried)
        parts = self._parts(said)
        found += inquiry.to_ask(parts, self._open_links(), said, tried)
        if not found:
            weighty = [n for n, part in enumerate(parts) if self._people(part) > 1]
            found = inquiry.to_oppose(parts, self.links, tried, weighty=weighty)
        return [self._ids(pair) for pair in found]

    def groups(
        self, verdicts: Verdicts | None = None, asked: Collection[Pair] = ()
    ) -> tuple[Group, ...]:
        """The groups by what the judge said; what it left open is grouped by likeness.

        Args:
            verdicts: all that was heard.
            asked: all pairs that were asked; without answer they are open.
        """
        said = self._of_sets(verdicts or {})
        unanswered = {self._sets_of(pair) for pair in asked} - said.keys()
        return tuple(Partition(self, said, unanswered).groups())

    def _of_sets(self, verdicts: Verdicts) -> dict[Pair, consensus.Sameness]:
        found = {}
        for pair, verdict in sorted(verdicts.items()):
            a, b = self._sets_of(pair)
            if a != b:
                found[a, b] = verdict
        return found

    def _sets_of(self, pair: Pair) -> Pair:
        return self.home[self.place[pair[0]]], self.home[self.place[pair[1]]]

    def _ids(self, pair: Pair) -> Pair:
        """The notes that speak for two sets."""
        a, b = (self.notes[self.versions[s][0]].id for s in pair)
        return a, b

    def _parts(self, said: Verdicts) -> tuple[tuple[int, ...], ...]:
        return consensus.shared_facts(self.facts(said), said, apart=self.apart)

    def _people(self, part: tuple[int, ...]) -> int:
        return len({self.notes[position].person for s in part for position in self.sets[s]})

    def _open_links(self) -> dict[Pair, float]:
        floor = inquiry.FLOOR
        return {p: v for p, v in self.links.items() if v >= floor and not self.apart(*p)}

    def _links(self) -> dict[Pair, float]:
        """Best likeness of each pair of sets between which a search proposed a pair."""
        links: dict[Pair, float] = {}
        for (a, b), cosine in self.cosines.items():
            low, high = sorted((self.home[a], self.home[b]))
            if low != high:
                value = self.likeness.of(a, b, cosine)
                links[low, high] = max(links.get((low, high), 0.0), value)
        return links

    def _vetoed(self, left: int, right: int) -> bool:
        return any(
            differences(self.readings[a], self.readings[b])
            for a in self.versions[left]
            for b in self.versions[right]
        )


def _vocabulary(readings: Iterable[Reading]) -> Vocabulary:
    """Terms counted once for each different text: repeating a word makes it no commoner."""
    different = {(reading.letters, reading.terms) for reading in readings}
    return Vocabulary.of(terms for _, terms in different)
