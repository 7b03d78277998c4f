"""Step 4 to 6 of a run: measure every group and decide on it. Reads only."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from apps.curation.core import signals as measures
from apps.curation.core.decide import Decision, decide
from apps.curation.core.grouping import Group, GroupingSettings, worth_review
from apps.curation.core.policy import ENGINE_VERSION, PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals
from apps.curation.services.gathering import Gathered
from apps.curation.services.policies import InForce, Policies
from apps.memories.models import Memory, OutcomeUse, Provenance, Source, Status
from apps.spaces.models import Organisation
from apps.spaces.services import tree

_POPULATION_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reported:
    """One outcome of a task that used a memory, and the person who reported it."""

    outcome: int
    person: int
    success: bool


@dataclass(frozen=True, slots=True)
class Assessed:
    """A group with its decision.

    Attributes:
        group: who says it, in which statements.
        statement: memory ids of the statement that would be published: certainly the same text.
        target: space above everybody behind it; None when there is none.
        published: the shared memory that says it already, if any.
    """

    group: Group
    statement: tuple[int, ...]
    target: int | None
    published: int | None
    signals: Signals
    decision: Decision
    in_force: InForce
    evidence_hash: str

    @property
    def members_hash(self) -> str:
        """Identity of the members, whatever their evidence."""
        return _digest(sorted(member.note for member in self.group.members))

    def inputs(self) -> dict[str, Any]:
        """Everything needed to decide again, plain."""
        return {
            "signals": asdict(self.signals),
            "policy": self.in_force.policy.values(),
            "statement": list(self.statement),
            "members": [member.note for member in self.group.members],
            "people": len(self.group.people),
            "grouping": {
                "confidence": round(self.group.confidence, 6),
                "reasons": list(self.group.reasons),
            },
        }


class Assessment:
    """Decides on the groups of one run, with everything it reads loaded in a few queries."""

    def __init__(self, organisation: Organisation, gathered: Gathered, now: datetime) -> None:
        self._gathered = gathered
        self._parent_of = tree.parents(organisation.pk)
        self._policies = Policies(organisation.pk, self._parent_of)
        self._outcomes = _outcomes(gathered.memories)
        self._shared = _Shared(organisation, gathered.memories)
        recent = now - _POPULATION_WINDOW
        self._population = [
            self._certain(group.statements[0])
            for group in gathered.groups
            if any(gathered.memories[m.note].created_at >= recent for m in group.members)
        ]

    def all(self) -> list[Assessed]:
        """Every group of the run, assessed, in the order of the groups."""
        return [self._assess(group) for group in self._gathered.groups]

    def _assess(self, group: Group) -> Assessed:
        tallies = {statement: self._tally(statement) for statement in group.statements}
        statement = self._best(group, tallies)
        target = self._target(group, statement, tallies[statement])
        in_force = self._policies.of(target)
        published = self._shared.holding(statement, target, self._parent_of)
        signals = self._signals(group, statement, tallies[statement], in_force.policy)
        signals = replace(signals, published=published is not None)
        decision = decide(signals, in_force.policy)
        if target is None and decision.verdict != "hold":
            decision = Decision("hold", decision.score, ("held.no_space_above",))
        evidence = self._evidence(group, in_force, target)
        return Assessed(group, statement, target, published, signals, decision, in_force, evidence)

    def _signals(
        self,
        group: Group,
        statement: tuple[int, ...],
        tally: OutcomeTally,
        policy: PromotionPolicy,
    ) -> Signals:
        certain = self._certain(statement)
        settings = GroupingSettings(
            min_people=policy.min_independent_people, min_confidence=policy.min_confidence
        )
        return Signals(
            certain_people=certain,
            likely_people=len(group.independent_people),
            likely=worth_review(group, settings),
            frequency=measures.frequency(certain, self._population),
            outcome=tally,
            cluster_outcome=self._tally([member.note for member in group.members]),
        )

    def _certain(self, statement: Sequence[int]) -> int:
        """Independent people behind one statement: word for word the same is a relay, so one."""
        return 1 if statement else 0

    def _tally(self, memory_ids: Iterable[int]) -> OutcomeTally:
        """Outcomes reported by others than the authors, each outcome once."""
        ids = list(memory_ids)
        authors = {self._gathered.memories[pk].owner_id for pk in ids}
        outcomes = {
            report.outcome: report
            for pk in ids
            for report in self._outcomes.get(pk, ())
            if report.person not in authors
        }
        return OutcomeTally(
            total=len(outcomes),
            successes=sum(report.success for report in outcomes.values()),
            reporters=len({report.person for report in outcomes.values()}),
        )

    def _best(
        self, group: Group, tallies: Mapping[tuple[int, ...], OutcomeTally]
    ) -> tuple[int, ...]:
        """The statement with the best proof; without any, the canonical one."""

        def worth(statement: tuple[int, ...]) -> tuple[float, bool, int]:
            proof = tallies[statement].lower_bound or 0.0
            return proof, group.canonical in statement, -min(statement)

        return max(group.statements, key=worth)

    def _target(self, group: Group, statement: tuple[int, ...], tally: OutcomeTally) -> int | None:
        """The nearest space above everybody who states it or proved it."""
        people = set(group.independent_people)
        people |= {self._gathered.memories[pk].owner_id for pk in statement}
        if tally.total:
            people |= {report.person for pk in statement for report in self._outcomes.get(pk, ())}
        known = self._gathered.personal_space
        homes = [known[person] for person in people if person in known]
        return tree.common_ancestor(homes, self._parent_of)

    def _evidence(self, group: Group, in_force: InForce, target: int | None) -> str:
        members = [
            (
                member.note,
                self._gathered.memories[member.note].revision,
                sorted((r.outcome, r.success) for r in self._outcomes.get(member.note, ())),
            )
            for member in group.members
        ]
        statements = [list(statement) for statement in group.statements]
        return _digest([members, statements, target, in_force.version, ENGINE_VERSION])


class _Shared:
    """What is published already: by the sources it came from and by its very words."""

    def __init__(self, organisation: Organisation, memories: Mapping[int, Memory]) -> None:
        published = Memory.objects.filter(
            organisation=organisation,
            status=Status.ACTIVE,
            space__kind__in=["team", "organisation"],
        )
        self._space_of = dict(
            published.filter(source=Source.PROMOTION).values_list("pk", "space_id")
        )
        self._by_source: dict[int, set[int]] = defaultdict(set)
        links = Provenance.objects.filter(
            memory__in=list(self._space_of), source_memory__isnull=False
        )
        for source, memory in links.values_list("source_memory_id", "memory_id"):
            self._by_source[source].add(memory)
        self._by_words: dict[str, set[int]] = defaultdict(set)
        self._memories = memories
        hashes = {memory.content_hash for memory in memories.values()}
        for pk, space_id, words in published.filter(content_hash__in=hashes).values_list(
            "pk", "space_id", "content_hash"
        ):
            self._space_of[pk] = space_id
            self._by_words[words].add(pk)

    def holding(
        self, statement: Sequence[int], target: int | None, parent_of: Mapping[int, int | None]
    ) -> int | None:
        """The published memory that readers of `target` see already; the oldest of several."""
        found: set[int] = set()
        for pk in statement:
            found |= self._by_source.get(pk, set())
            found |= self._by_words.get(self._memories[pk].content_hash, set())
        seen = {target, *_ancestors(target, parent_of)}
        return min((pk for pk in found if self._space_of[pk] in seen), default=None)


def _outcomes(memories: Mapping[int, Memory]) -> dict[int, list[Reported]]:
    found: dict[int, list[Reported]] = defaultdict(list)
    uses = OutcomeUse.objects.filter(memory__in=list(memories)).order_by("outcome_id")
    for memory, outcome, person, success in uses.values_list(
        "memory_id", "outcome_id", "outcome__person_id", "outcome__success"
    ):
        found[memory].append(Reported(outcome, person, success))
    return found


def _ancestors(space: int | None, parent_of: Mapping[int, int | None]) -> list[int]:
    path: list[int] = []
    while space is not None and (space := parent_of.get(space)) is not None:
        path.append(space)
    return path


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
