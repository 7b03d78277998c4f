"""Step 4 to 6 of a run: measure every group and decide on it. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from apps.curation.core import signals as measures
from apps.curation.core.decide import Before, Decision, decide
from apps.curation.core.digests import of_values
from apps.curation.core.groups import Group, GroupingSettings, worth_review
from apps.curation.core.known import Known
from apps.curation.core.policy import ENGINE_VERSION, PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import lineage
from apps.curation.services.evaluation import NO_EVALUATION, Evaluated, Evaluation
from apps.curation.services.gathering import Gathered
from apps.curation.services.policies import InForce, Policies
from apps.memories.models import (
    Kind,
    Memory,
    OutcomeUse,
    Provenance,
    Sensitivity,
    Source,
    Status,
)
from apps.memories.services import merged
from apps.memories.services.merged import Carriers
from apps.spaces.core.ancestry import common_ancestor, path
from apps.spaces.models import Organisation, SwitchKind
from apps.spaces.services import switches, tree

_POPULATION_WINDOW = timedelta(days=30)
REPORTS_PER_PERSON = 5  # more from one person add nothing: one voice must not decide


@dataclass(frozen=True, slots=True)
class Reported:
    """One outcome of a task that used a memory, and the person who reported it."""

    outcome: int
    person: int
    task: str
    success: bool


@dataclass(frozen=True, slots=True)
class Assessed:
    """A group with its decision.

    Attributes:
        group: who says it, in which statements.
        statement: memory ids of the statement that would be published: the same text, or the same
            fact by a judge.
        wording: the memory whose words and fields would be published.
        target: space above everybody behind it; None when there is none.
        published: the shared memory that says it already, if any.
        shown: members that the target's reviewers may see: those of people below it.
        members_hash: identity of the shown members at their present revisions.
        text: of the wording.
        evaluated: what a language model thinks of the text; None when none was asked or answered.
        known: shared memories that it repeats, contradicts or is like; see `contradictions`.
        before: what the same policy decided last time for the same target; None without memory.
    """

    group: Group
    statement: tuple[int, ...]
    wording: int
    target: int | None
    published: int | None
    shown: tuple[int, ...]
    members_hash: str
    signals: Signals
    decision: Decision
    in_force: InForce
    evidence_hash: str
    text: str
    evaluated: Evaluated | None = None
    before: Before | None = None
    known: tuple[Known, ...] = ()

    def inputs(self) -> dict[str, Any]:
        """Everything needed to decide again, plain."""
        return {
            "signals": asdict(self.signals),
            "self_eval": self.evaluated.inputs() if self.evaluated else None,
            "policy": self.in_force.policy.values(),
            "before": asdict(self.before) if self.before else None,
            "statement": list(self.statement),
            "members": [member.note for member in self.group.members],
            "people": len(self.group.people),
            "known": [asdict(one) for one in self.known],
            "opposed": list(self.group.opposed),
            "grouping": {
                "confidence": round(self.group.confidence, 6),
                "reasons": list(self.group.reasons),
            },
        }


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What of a group would be published, and how it fared."""

    group: Group
    statement: tuple[int, ...]
    tally: OutcomeTally
    wording: Memory


class Assessment:
    """Decides on the groups of one run, with everything it reads loaded in a few queries."""

    def __init__(
        self,
        organisation: Organisation,
        gathered: Gathered,
        groups: Sequence[Group],
        now: datetime,
        evaluation: Evaluation = NO_EVALUATION,
    ) -> None:
        self._evaluation = evaluation
        self._gathered = gathered
        self._groups = groups
        self._parent_of = tree.parents(organisation.pk)
        stopped = switches.holding(SwitchKind.PROMOTION, organisation.pk) is not None
        self._policies = Policies(organisation.pk, self._parent_of, stopped=stopped)
        parts = merged.carriers(gathered.memories)
        self._outcomes = _outcomes(parts)
        self._shared = _Shared(organisation, gathered.memories, parts, now)
        self._earlier = lineage.earlier(groups, gathered.memories)
        taken = recalled(organisation.pk)
        self._recalled = frozenset(whole for pk in taken for whole in parts.get(pk, {pk}))
        recent = now - _POPULATION_WINDOW
        lately = [
            group
            for group in groups
            if any(gathered.memories[m.note].created_at >= recent for m in group.members)
        ]
        self._population = measures.moments([max(map(len, one.witnesses)) for one in lately])
        self._raw_population = measures.moments([len(group.people) for group in lately])

    def all(self) -> list[Assessed]:
        """Every group of the run, assessed, in the order of the groups."""
        chosen = [self._choose(group) for group in self._groups]
        rated = self._evaluation.of(one.wording.text for one in chosen)
        return [
            self._assess(one, self._earlier.get(place), rated.get(one.wording.text))
            for place, one in enumerate(chosen)
        ]

    def _choose(self, group: Group) -> _Chosen:
        tallies = {statement: self._tally(statement) for statement in group.statements}
        statement = self._best(group, tallies)
        return _Chosen(group, statement, tallies[statement], self._wording(group, statement))

    def _assess(
        self, chosen: _Chosen, earlier: lineage.Earlier | None, evaluated: Evaluated | None
    ) -> Assessed:
        group, statement = chosen.group, chosen.statement
        target = self._target(group, statement, chosen.tally)
        in_force = self._policies.of(target)
        published = self._shared.holding(statement, target, self._parent_of)
        signals = replace(
            self._signals(chosen, in_force.policy),
            published=published is not None,
            reachable=target is not None,
            self_eval=evaluated.rating.value if evaluated else None,
            self_eval_raw=evaluated.rating.raw if evaluated else None,
        )
        before = earlier.under(in_force.policy, target) if earlier else None
        decision = decide(signals, in_force.policy, before)
        shown = self._shown(group, target)
        return Assessed(
            group=group,
            statement=tuple(pk for pk in statement if pk in shown),
            wording=chosen.wording.pk,
            target=target,
            published=published,
            shown=shown,
            members_hash=members_hash({pk: self._gathered.memories[pk].revision for pk in shown}),
            signals=signals,
            decision=decision,
            in_force=in_force,
            evidence_hash=self._evidence(group, in_force, target, evaluated),
            text=chosen.wording.text,
            evaluated=evaluated,
            before=before,
        )

    def _shown(self, group: Group, target: int | None) -> tuple[int, ...]:
        """Members whose space lies below the target; a relay from elsewhere stays where it is."""
        spaces = {m.note: self._gathered.memories[m.note].space_id for m in group.members}
        below = (pk for pk, space in spaces.items() if target in path(space, self._parent_of)[1:])
        return tuple(sorted(below))

    def _signals(self, chosen: _Chosen, policy: PromotionPolicy) -> Signals:
        group = chosen.group
        witnesses = group.witnesses[group.statements.index(chosen.statement)]
        certain = len(witnesses)
        members = [member.note for member in group.members]
        mean, deviation = self._raw_population
        settings = GroupingSettings(
            min_people=policy.min_independent_people, min_confidence=policy.min_confidence
        )
        return Signals(
            certain_people=certain,
            likely_people=len(group.independent_people),
            likely=worth_review(group, settings),
            frequency=measures.frequency(certain, *self._population),
            outcome=chosen.tally,
            cluster_outcome=self._tally(members),
            directive=chosen.wording.kind == Kind.DIRECTIVE,
            disputed=bool(group.opposed),
            recalled=not self._recalled.isdisjoint(members),
            span_days=self._span(chosen.statement, witnesses),
            people=len(group.people),
            population_mean=mean,
            population_std=deviation,
            raw_outcome=self._reported(members),
        )

    def _wording(self, group: Group, statement: Collection[int]) -> Memory:
        """The memory whose words and fields would be published.

        The canonical one; in another statement the one the hub learned first.
        """
        if group.canonical in statement:
            return self._gathered.memories[group.canonical]
        memories = (self._gathered.memories[pk] for pk in statement)
        return min(memories, key=lambda memory: (memory.created_at, memory.pk))

    def _tally(self, memory_ids: Iterable[int]) -> OutcomeTally:
        """Outcomes reported by others than the authors, the last word on each task."""
        ids = list(memory_ids)
        authors = {self._gathered.memories[pk].owner_id for pk in ids}
        reports = {
            report
            for pk in ids
            for report in self._outcomes.get(pk, ())
            if report.person not in authors
        }
        tasks = {
            (report.person, report.task): report
            for report in sorted(reports, key=lambda report: report.outcome)
        }
        return _tally(tasks.values())

    def _span(self, statement: Sequence[int], people: Collection[int]) -> float | None:
        """Days between the first time each of `people` said it; None for fewer than two.

        By the writers' own dates, but never later than the hub learned it.
        """
        first: dict[int, datetime] = {}
        for memory in (self._gathered.memories[pk] for pk in statement):
            said = min(memory.occurred_at, memory.created_at)
            if memory.owner_id in people:
                first[memory.owner_id] = min(said, first.get(memory.owner_id, said))
        if len(first) < 2:
            return None
        return (max(first.values()) - min(first.values())) / timedelta(days=1)

    def _reported(self, memory_ids: Iterable[int]) -> OutcomeTally:
        """Outcomes as reported, by anybody and however often."""
        reports = {report for pk in memory_ids for report in self._outcomes.get(pk, ())}
        return OutcomeTally(
            total=len(reports),
            successes=sum(report.success for report in reports),
            reporters=len({report.person for report in reports}),
        )

    def _best(
        self, group: Group, tallies: Mapping[tuple[int, ...], OutcomeTally]
    ) -> tuple[int, ...]:
        """The statement with the best proof, then the most people, then the canonical one."""

        said_by = dict(zip(group.statements, group.witnesses, strict=True))

        def worth(statement: tuple[int, ...]) -> tuple[float, int, bool, int]:
            proof = tallies[statement].lower_bound or 0.0
            people = len(said_by[statement])
            return proof, people, group.canonical in statement, -min(statement)

        return max(group.statements, key=worth)

    def _target(self, group: Group, statement: tuple[int, ...], tally: OutcomeTally) -> int | None:
        """The nearest space above everybody who states it or proved it."""
        people = set(group.independent_people)
        people |= {self._gathered.memories[pk].owner_id for pk in statement}
        if tally.total:
            people |= {report.person for pk in statement for report in self._outcomes.get(pk, ())}
        known = self._gathered.personal_space
        homes = [known[person] for person in people if person in known]
        return common_ancestor(homes, self._parent_of)

    def _evidence(
        self, group: Group, in_force: InForce, target: int | None, evaluated: Evaluated | None
    ) -> str:
        """Identity of what was decided on: what changes it is news.

        What a model said of this text is part of it, its rank among others is not: that moves with
        every new text.
        """
        members = [
            (
                member.note,
                self._gathered.memories[member.note].revision,
                sorted((r.outcome, r.success) for r in self._outcomes.get(member.note, ())),
            )
            for member in group.members
        ]
        statements = [list(statement) for statement in group.statements]
        said = [evaluated.evidence()] if evaluated else []
        return of_values([members, statements, target, in_force.version, ENGINE_VERSION, *said])


def recalled(organisation_id: int) -> frozenset[int]:
    """Notes under something that a reviewer published and a withdrawal took back."""
    taken = Candidate.objects.filter(
        status=CandidateStatus.APPROVED,
        reviewer__isnull=False,
        published__organisation=organisation_id,
        published__source=Source.PROMOTION,
        published__status=Status.RETRACTED,
        published__sensitivity=Sensitivity.RESTRICTED,
    )
    links = Provenance.objects.filter(
        memory__in=taken.values("published"), source_memory__isnull=False
    )
    return frozenset(links.values_list("source_memory_id", flat=True))


def members_hash(revisions: Mapping[int, int]) -> str:
    """Identity of what a request shows: revision by memory id."""
    return of_values(sorted(revisions.items()))


class _Shared:
    """What is published already: by the sources it came from and by its very words."""

    def __init__(
        self,
        organisation: Organisation,
        memories: Mapping[int, Memory],
        parts: Carriers,
        now: datetime,
    ) -> None:
        published = Memory.objects.live(now).filter(
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
            for whole in parts.get(source, ()):
                self._by_source[whole].add(memory)
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
        seen = path(target, parent_of)
        return min((pk for pk in found if self._space_of[pk] in seen), default=None)


def _tally(reports: Iterable[Reported]) -> OutcomeTally:
    """Counts in which nobody weighs more than `REPORTS_PER_PERSON`; the latest reports count."""
    by_person: dict[int, list[Reported]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: -report.outcome):
        if len(by_person[report.person]) < REPORTS_PER_PERSON:
            by_person[report.person].append(report)
    kept = [report for own in by_person.values() for report in own]
    return OutcomeTally(
        total=len(kept),
        successes=sum(report.success for report in kept),
        reporters=len(by_person),
    )


def _outcomes(parts: Carriers) -> dict[int, list[Reported]]:
    """What was reported on memories and on what was merged into them, each report once."""
    found: dict[int, dict[Reported, None]] = defaultdict(dict)
    uses = OutcomeUse.objects.filter(memory__in=list(parts)).order_by("outcome_id")
    tested = uses.filter(content_hash=F("memory__content_hash"))  # others were not put to the test
    for memory, outcome, person, task, success in tested.values_list(
        "memory_id", "outcome_id", "outcome__person_id", "outcome__task", "outcome__success"
    ):
        for whole in parts.get(memory or 0, ()):
            found[whole].setdefault(Reported(outcome, person, task, success))
    return {whole: list(reports) for whole, reports in found.items()}
