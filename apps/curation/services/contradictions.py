"""Step 6 of a run: what would be shared against what is; the nearest few, by rules and the judge.

Finding the pairs reads the database, hearing the judge blocks for the network, and comparing
decides anew by what was heard: three steps, so that nobody is asked inside a transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from apps.curation.core import known as core
from apps.curation.core.consensus import Sameness
from apps.curation.core.decide import decide
from apps.curation.core.digests import of_values
from apps.curation.core.grouping import Grouping
from apps.curation.core.known import Heard, Known
from apps.curation.core.likeness import Likeness
from apps.curation.core.rules import Reading, read
from apps.curation.core.sameness import spoken
from apps.curation.services.assessment import Assessed
from apps.curation.services.gathering import Gathered, note_of
from apps.curation.services.opinions import Opinions, Question
from apps.memories.models import Memory, Provenance, Source, Status
from apps.memories.services import encoders
from apps.providers.prompts import SAME_FACT
from apps.spaces.core.ancestry import path
from apps.spaces.models import Organisation
from apps.spaces.services import tree

NEAREST = 3  # shared memories that a fact is compared with

Verdicts = Mapping[Question, Sameness]


@dataclass(frozen=True, slots=True)
class Beside:
    """A fact that may be shared, beside a memory that is.

    Attributes:
        place: of the fact among those assessed.
        text, reading: its words.
        shared, shared_reading: the memory.
        likeness: of the two, in [0, 1].
        recent: whether the memory lies in the policy's band of what is near and recent.
        succeeded: whether the memory replaced what this fact had been published as.
    """

    place: int
    text: str
    reading: Reading
    shared: Memory
    shared_reading: Reading
    likeness: float
    recent: bool
    succeeded: bool = False

    @property
    def there(self) -> Question:
        """What the judge is asked first."""
        return Question(self.text, self.shared.text)

    @property
    def back(self) -> Question:
        """The same in the other order."""
        return Question(self.shared.text, self.text)


def beside(
    organisation: Organisation,
    assessed: Sequence[Assessed],
    gathered: Gathered,
    grouping: Grouping,
    now: datetime,
) -> list[Beside]:
    """The shared memories nearest to every fact that may be published or reviewed.

    Looked for in the target and above it, where its readers read. Runs inside the caller's
    transaction.
    """
    return list(_Finding(organisation, assessed, gathered, grouping, now).all())


def hear(pairs: Sequence[Beside], opinions: Opinions | None) -> Verdicts:
    """What the judge says of the pairs, or said; the other order unless they simply differ.

    With a budget it blocks for the network: never inside a transaction then.
    """
    if opinions is None:
        return {}
    asked = [pair for pair in pairs if not pair.succeeded]
    answers = dict(opinions.ask(SAME_FACT, [pair.there for pair in asked]))
    told = {
        pair.back
        for pair in asked
        if pair.there in answers and answers[pair.there].verdict != "different"
    }
    answers |= opinions.ask(SAME_FACT, [pair.back for pair in asked if pair.back in told])
    return {question: answer.verdict for question, answer in answers.items()}


def compared(
    assessed: Sequence[Assessed], pairs: Sequence[Beside], opinions: Opinions | None
) -> list[Assessed]:
    """The decisions again, by what is shared beside them. Asks nobody who is out of budget."""
    verdicts = hear(pairs, opinions)
    found: defaultdict[int, dict[Memory, Known]] = defaultdict(dict)
    for pair in pairs:
        known = _known(pair, verdicts)
        if known is None:
            continue
        before = found[pair.place].setdefault(pair.shared, known)
        if before.relation == "alike":
            found[pair.place][pair.shared] = known
    return [_decided(one, found.get(place, {})) for place, one in enumerate(assessed)]


def _known(pair: Beside, verdicts: Verdicts) -> Known | None:
    told: tuple[core.Relation, core.Source] | None = ("contradicts", "succession")
    if not pair.succeeded:
        heard = Heard(verdicts.get(pair.there), verdicts.get(pair.back))
        told = core.relation(
            pair.reading, pair.shared_reading, heard, likeness=pair.likeness, recent=pair.recent
        )
    return Known(pair.shared.pk, pair.shared.revision, *told) if told else None


def _decided(one: Assessed, found: Mapping[Memory, Known]) -> Assessed:
    """A plain note in a shared space was judged by nobody, so it is not corroborated for others."""
    if not found and not one.group.opposed:
        return one
    known = tuple(sorted(found.values(), key=lambda known: (known.relation, known.memory)))
    same = [
        memory.pk
        for memory, known in found.items()
        if known.relation == "same" and memory.source == Source.PROMOTION
    ]
    if same:
        signals = replace(one.signals, published=True)
        decision = decide(signals, one.in_force.policy, one.before)
        return replace(one, published=min(same), signals=signals, decision=decision, known=known)
    contradicts = any(beside.relation == "contradicts" for beside in known)
    signals = replace(one.signals, contradicts=contradicts)
    evidence = [one.evidence_hash, [asdict(beside) for beside in known], list(one.group.opposed)]
    return replace(
        one,
        signals=signals,
        decision=decide(signals, one.in_force.policy, one.before),
        evidence_hash=of_values(evidence),
        known=known,
    )


class _Finding:
    def __init__(
        self,
        organisation: Organisation,
        assessed: Sequence[Assessed],
        gathered: Gathered,
        grouping: Grouping,
        now: datetime,
    ) -> None:
        self._gathered = gathered
        self._grouping = grouping
        self._now = now
        self._parent_of = tree.parents(organisation.pk)
        self._asked = {
            place: one
            for place, one in enumerate(assessed)
            if one.target is not None
            and one.published is None
            and one.decision.verdict in {"promote", "review"}
        }
        self._live = Memory.objects.live(now).filter(
            organisation=organisation,
            status=Status.ACTIVE,
            space__kind__in=["team", "organisation"],
        )

    def all(self) -> Iterator[Beside]:
        """Every fact with the few that are nearest to it, and with what replaced it."""
        if not self._asked:
            return
        cosines = self._cosines()
        memories = self._live.in_bulk({shared for _, shared in cosines})
        near: defaultdict[int, list[Beside]] = defaultdict(list)
        drawn = self._drawn_from_these(memories)
        for (place, shared), cosine in cosines.items():
            if shared in memories and not self._compared_before(place, memories[shared], drawn):
                near[place].append(self._pair(place, memories[shared], cosine))
        for place in sorted(near):
            worthy = [pair for pair in near[place] if pair.likeness >= core.FLOOR]
            worthy.sort(key=lambda pair: (-pair.likeness, pair.shared.pk))
            yield from worthy[:NEAREST]
        yield from self._successors()

    def _drawn_from_these(self, shared: Iterable[int]) -> set[int]:
        """Shared memories that were published from some of the notes looked at."""
        links = Provenance.objects.filter(
            memory__in=list(shared), source_memory__in=list(self._gathered.memories)
        )
        return set(links.values_list("memory_id", flat=True))

    def _compared_before(self, place: int, shared: Memory, drawn: Collection[int]) -> bool:
        """Whether the fact was there, word for word, when the memory was published from its notes.

        Then the run that published it held the two against each other, as notes.
        """
        if shared.pk not in drawn:
            return False
        members = (self._gathered.memories[m.note] for m in self._asked[place].group.members)
        return all(member.updated_at < shared.created_at for member in members)

    def _cosines(self) -> dict[tuple[int, int], float]:
        """Best cosine by place and shared memory; 0.0 where only words found it."""
        by_target: defaultdict[int, list[int]] = defaultdict(list)
        for place, one in self._asked.items():
            by_target[one.target or 0].append(place)
        best: dict[tuple[int, int], float] = {}
        for target, places in sorted(by_target.items()):
            place_of = {self._asked[place].wording: place for place in places}
            spaces = path(target, self._parent_of)
            for edge in self._gathered.search.shared(list(place_of), spaces, 2 * NEAREST):
                key = (place_of[edge.a], edge.b)
                best[key] = max(best.get(key, 0.0), edge.cosine)
        return best

    def _pair(self, place: int, shared: Memory, cosine: float) -> Beside:
        one = self._asked[place]
        memory = self._gathered.memories[one.wording]
        reading = self._grouping.readings[self._grouping.place[one.wording]]
        other = read(note_of(shared), self._grouping.names)
        weight = self._grouping.settings.lexical_weight
        likeness = Likeness([reading, other], self._grouping.vocabulary, weight, {})
        policy = one.in_force.policy
        since = self._now - timedelta(days=policy.known_days)
        lately = max(shared.created_at, shared.corroborated_at or shared.created_at) >= since
        return Beside(
            place=place,
            text=memory.text,
            reading=reading,
            shared=shared,
            shared_reading=other,
            likeness=likeness.of(0, 1, cosine),
            recent=lately and cosine >= policy.known_cosine and self._read(memory, shared),
        )

    def _read(self, *memories: Memory) -> bool:
        """Whether the embedding model reads the languages of all of them."""
        languages = encoders.active().languages
        return all(spoken(each.language, each.text, languages) for each in memories)

    def _successors(self) -> Iterator[Beside]:
        """What stands in the place of a publication of this very statement."""
        replaced: defaultdict[int, set[int]] = defaultdict(set)
        sources = {pk for one in self._asked.values() for pk in one.statement}
        links = Provenance.objects.filter(
            source_memory__in=sources,
            memory__status=Status.SUPERSEDED,
            memory__source=Source.PROMOTION,
            memory__successors__isnull=False,
        )
        for source, successor in links.values_list("source_memory_id", "memory__successors"):
            replaced[source].add(successor)
        memories = self._live.in_bulk({pk for found in replaced.values() for pk in found})
        for place, one in self._asked.items():
            seen = path(one.target, self._parent_of)
            for pk in sorted(_union(replaced.get(source, set()) for source in one.statement)):
                if pk in memories and memories[pk].space_id in seen:
                    yield replace(self._pair(place, memories[pk], 0.0), succeeded=True)


def _union(sets: Iterable[set[int]]) -> set[int]:
    return {item for found in sets for item in found}
