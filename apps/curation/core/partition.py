"""The last step of grouping: from sets and verdicts to groups, described for who decides."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING

from apps.curation.core import consensus, inquiry
from apps.curation.core.consensus import Verdicts
from apps.curation.core.groups import Certainty, Group, Member
from apps.curation.core.linkage import Linkage
from apps.curation.core.rules import Reading, compare_readings, differences
from apps.curation.core.statements import Pair, own_words

if TYPE_CHECKING:
    from apps.curation.core.grouping import Grouping

ALIKE_WORDS = 0.25  # overlap from which a reviewer is told that the words are alike
ALIKE_MEANING = 0.5  # cosine from which a reviewer is told that the meaning seems alike
_CONTRARY = frozenset({"negation", "opposite"})


class Partition:
    """Parts that a judge joined, linked by likeness where it left them open."""

    def __init__(self, run: "Grouping", said: Verdicts, unanswered: set[Pair]) -> None:
        """
        Args:
            run: the notes as read, their links and what reviewers said.
            said: verdicts by sets (first, second) as asked.
            unanswered: pairs of sets that were asked about in vain; their parts stay open.
        """
        self.run = run
        self.said = said
        facts = run.facts(said)
        self.parts = consensus.shared_facts(facts, said, apart=run.apart)
        self.part_of = {s: number for number, part in enumerate(self.parts) for s in part}
        self.facts_of: dict[int, list[tuple[int, ...]]] = {}
        for fact in facts:
            self.facts_of.setdefault(self.part_of[fact[0]], []).append(fact)
        self.judged = bool(said or unanswered)
        self.open = {self.part_of[s] for pair in unanswered for s in pair}
        self.links = self._open_links()
        self.opposed = self._opposed()

    def groups(self) -> list[Group]:
        """Groups in the order of their smallest note id; each note in exactly one."""
        linkage = Linkage(len(self.parts), self.links, threshold=self.run.settings.link_threshold)
        weights = [sum(len(self.run.versions[s]) for s in part) for part in self.parts]
        clusters = linkage.clusters(
            limit=self.run.settings.max_statements, apart=self._apart, weights=weights
        )
        ordered = sorted(clusters, key=lambda cluster: min(self._positions(cluster)))
        return [self._describe(cluster) for cluster in ordered]

    def _positions(self, cluster: Iterable[int]) -> list[int]:
        return sorted(i for p in cluster for s in self.parts[p] for i in self.run.sets[s])

    def _open_links(self) -> dict[Pair, float]:
        """Likeness between parts of which no judge has said how they relate."""
        links: dict[Pair, float] = {}
        for (a, b), value in self.run.links.items():
            low, high = sorted((self.part_of[a], self.part_of[b]))
            if low != high and self._is_open(a, b):
                links[low, high] = max(links.get((low, high), 0.0), value)
        return links

    def _is_open(self, a: int, b: int) -> bool:
        if not self.judged:
            return True
        heard = self._heard(a, b)
        if heard:
            return self._of_two_minds(heard)
        return self.part_of[a] in self.open or self.part_of[b] in self.open

    def _heard(self, a: int, b: int) -> set[str]:
        return {self.said[pair] for pair in ((a, b), (b, a)) if pair in self.said}

    def _of_two_minds(self, heard: set[str]) -> bool:
        favour = heard & {"same", "contains"}
        return bool(favour) and (len(heard) > len(favour) or len(heard) == 1)

    def _apart(self, left: int, right: int) -> bool:
        return any(
            self.run.apart(min(a, b), max(a, b))
            for a in self.parts[left]
            for b in self.parts[right]
        )

    def _opposed(self) -> dict[int, set[int]]:
        """Sets that contradict a set: said in both orders, or by a rule that no verdict denies."""
        pairs = set(consensus.contradictions(self.said))
        for (a, b), value in self.run.links.items():
            if value >= inquiry.RIVAL_FLOOR and not self._heard(a, b) and self._contrary(a, b):
                pairs.add((a, b))
        found: dict[int, set[int]] = {}
        for a, b in pairs:
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)
        return found

    def _contrary(self, a: int, b: int) -> bool:
        readings, versions = self.run.readings, self.run.versions
        codes = set(differences(readings[versions[a][0]], readings[versions[b][0]]))
        return bool(codes) and codes <= _CONTRARY

    def _describe(self, cluster: tuple[int, ...]) -> Group:
        run = self.run
        sets = sorted(s for p in cluster for s in self.parts[p])
        facts = sorted(fact for p in cluster for fact in self.facts_of[p])
        positions = self._positions(cluster)
        notes = {position: run.notes[position] for position in positions}
        readings = {position: run.readings[position] for position in positions}
        own = own_words(notes, readings, [run.sets[s] for s in sets])
        said_by = [{i for s in fact for i in run.sets[s]} for fact in facts]
        people = {note.person for note in notes.values()}
        independent = {notes[position].person for position in own}
        canonical = self._canonical(sorted(own))
        return Group(
            members=self._members(cluster, facts, canonical),
            statements=tuple(tuple(run.notes[i].id for i in sorted(said)) for said in said_by),
            witnesses=tuple(
                tuple(sorted({notes[i].person for i in said & own})) for said in said_by
            ),
            people=tuple(sorted(people)),
            independent_people=tuple(sorted(independent)),
            canonical=run.notes[canonical].id,
            confidence=self._confidence(cluster),
            opposed=tuple(sorted(self._against(sets))),
            reasons=self._reasons(cluster, facts, people, independent),
        )

    def _against(self, sets: Sequence[int]) -> set[int]:
        """Notes that speak for the sets that contradict one of `sets`."""
        others = {other for s in sets for other in self.opposed.get(s, ())} - set(sets)
        return {self.run.notes[i].id for other in others for i in self.run.sets[other]}

    def _members(
        self, cluster: tuple[int, ...], facts: Sequence[tuple[int, ...]], canonical: int
    ) -> tuple[Member, ...]:
        run = self.run
        own = run.home[canonical]
        (fact,) = [fact for fact in facts if own in fact]
        found = []
        for p in cluster:
            others = [self._linked(p, other) for other in cluster if other != p]
            likeness = fsum(others) / len(others) if others else 1.0
            for s in self.parts[p]:
                link: Certainty = "likely"
                if s == own:
                    link = "certain"
                elif s in run.tied.get(own, ()):
                    link = "reviewer"
                elif s in fact:
                    link = "judged"
                elif p == self.part_of[own]:
                    link = "contains"
                found += [Member(run.notes[i].id, link, likeness) for i in run.sets[s]]
        return tuple(sorted(found, key=lambda member: member.note))

    def _linked(self, a: int, b: int) -> float:
        return self.links.get((min(a, b), max(a, b)), 0.0)

    def _confidence(self, cluster: tuple[int, ...]) -> float:
        links = [self._linked(a, b) for a in cluster for b in cluster if a < b]
        return fsum(links) / len(links) if links else 1.0

    def _canonical(self, positions: Sequence[int]) -> int:
        """The note with most of what these share; the shorter, then the earlier, on a tie.

        What another note says in full, and more, does not stand for both.
        """
        run = self.run
        shared = Counter(term for i in positions for term in run.readings[i].terms)

        def worth(position: int) -> tuple[bool, float, int, float, int]:
            note, held = run.notes[position], run.readings[position].terms
            common = fsum((shared[term] - 1) * run.vocabulary.weight(term) for term in held)
            lesser = self._lesser(run.home[position], positions)
            return lesser, -common, len(note.text), note.recorded_at.timestamp(), note.id

        return min(positions, key=worth)

    def _lesser(self, s: int, positions: Sequence[int]) -> bool:
        """Whether some other set is said to contain this one: of the two, the longer one does."""
        text = self.run.readings[self.run.versions[s][0]].letters
        return any(
            other != s
            and self._heard(s, other) == {"contains"}
            and len(self.run.readings[self.run.versions[other][0]].letters) > len(text)
            for other in {self.run.home[position] for position in positions}
        )

    def _reasons(
        self,
        cluster: tuple[int, ...],
        facts: Sequence[tuple[int, ...]],
        people: set[int],
        independent: set[int],
    ) -> tuple[str, ...]:
        run = self.run
        sets = [s for fact in facts for s in fact]
        found = self._likely_reasons([i for s in sets for i in run.versions[s]])
        if any(len(run.sets[s]) > 1 for s in sets):
            found |= {"identical", "relay"}
        if any(s in run.tied for s in sets):
            found.add("reviewer")
        if any(len(fact) > len(run.tied.get(fact[0], fact[:1])) for fact in facts):
            found.add("judged")
        if len(facts) > len(cluster):
            found.add("contains")
        if self.said and len(cluster) > 1:
            found.add("judge_unsure")
        if len(people) == 1 and sum(len(run.sets[s]) for s in sets) > 1:
            found.add("one_person")
        if len(people) > 1 and len(independent) == 1:
            found.add("one_message")
        return tuple(sorted(found))

    def _likely_reasons(self, heads: Sequence[int]) -> set[str]:
        run = self.run
        pairs = [(a, b) for a in heads for b in heads if a < b and (a, b) in run.cosines]
        read_pairs = [(run.readings[a], run.readings[b]) for a, b in pairs]
        found = {code for a, b in read_pairs for code in _shared(a, b)}
        found |= {code for a, b in read_pairs for code in compare_readings(a, b).reasons}
        if any(run.likeness.overlap(a, b) >= ALIKE_WORDS for a, b in pairs):
            found.add("words")
        if any(run.cosines[a, b] >= ALIKE_MEANING for a, b in pairs):
            found.add("meaning")
        return found


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
