"""Stored decisions under another policy: what would flip, what a threshold does. Reads only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.db.models.fields.json import KeyTextTransform

from apps.curation.core import replay as core
from apps.curation.core import sensitivity
from apps.curation.core.policy import DEFAULT, PRESETS, PromotionPolicy
from apps.curation.core.replay import PolicyFor, Recorded, Replay
from apps.curation.core.sensitivity import Point
from apps.curation.models import Candidate, CandidateStatus, CurationRun, Decision
from apps.curation.querysets import CandidateQuerySet, DecisionQuerySet
from apps.kernel.errors import Forbidden, Invalid
from apps.memories.models import Status
from apps.spaces import access
from apps.spaces.models import Organisation

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

AT_ONCE = 10_000  # decisions that a page or a request decides again; the command knows no limit

_COLUMNS = (
    "cluster__public_id", "verdict", "reasons", "target_id", "inputs__signals", "inputs__before",
    "inputs__people", "policy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may replay: decisions, and the requests whose answers are labels."""

    decisions: DecisionQuerySet
    candidates: CandidateQuerySet

    @classmethod
    def seen_by(cls, actor: "Actor") -> Self:
        """Decisions of the runs the actor sees, answers of the spaces the actor reviews.

        Raises:
            Forbidden: the actor reviews nowhere.
        """
        if not access.of(actor).ids("review"):
            raise Forbidden("Only reviewers replay decisions.")
        return cls(Decision.objects.visible_to(actor), Candidate.objects.visible_to(actor))

    @classmethod
    def whole(cls, organisation: Organisation) -> Self:
        """Everything of an organisation, for who operates the hub."""
        return cls(
            Decision.objects.filter(run__organisation=organisation),
            Candidate.objects.filter(target__organisation=organisation),
        )


def of_run(scope: Scope, run: CurationRun, *, limit: int | None = None) -> list[Recorded]:
    """What a run newly decided, the newest first; `limit` bounds how many are read."""
    return recorded(scope.decisions.filter(run=run).order_by("-id")[:limit])


def standing(scope: Scope, *, limit: int | None = None) -> list[Recorded]:
    """The last decision on every cluster that its signals made; `limit` keeps the youngest."""
    return recorded(scope.decisions.standing()[:limit])


def recorded(decisions: DecisionQuerySet) -> list[Recorded]:
    """Decisions as the core replays them."""
    rows = decisions.annotate(policy=KeyTextTransform("policy", "inputs")).values_list(*_COLUMNS)
    policies: dict[str | None, PromotionPolicy] = {None: DEFAULT}
    return [_recorded(row, policies) for row in rows]


def _recorded(row: Sequence[Any], policies: dict[str | None, PromotionPolicy]) -> Recorded:
    cluster, verdict, reasons, target, signals, before, people, policy = row
    if policy not in policies:
        policies[policy] = PromotionPolicy.stored(json.loads(policy))
    inputs = {"signals": signals or {}, "people": people or 0}
    return Recorded(
        str(cluster),
        verdict,
        tuple(reasons),
        core.read_signals(inputs, reachable=target is not None),
        policies[policy],
        core.read_before(before),
    )


def labels(scope: Scope) -> dict[str, bool]:
    """Whether a cluster was worth sharing, by its public id, as far as people said so.

    A reviewer approved it or merged it into what is published: yes. Rejected it, or took back
    what was published without asking: no. The last word counts.
    """
    rows = scope.candidates.exclude(decided_at=None).order_by("decided_at", "id")
    told: dict[str, bool] = {}
    for cluster, status, reviewer, published in rows.values_list(
        "cluster__public_id", "status", "reviewer_id", "published__status"
    ):
        worthy = verdict_of(status, asked=reviewer is not None, published=published)
        if worthy is not None:
            told[str(cluster)] = worthy
    return told


def verdict_of(status: str, *, asked: bool, published: str | None) -> bool | None:
    """Whether people found a candidate worth sharing; None when nobody said so.

    Args:
        status: of the candidate.
        asked: whether a reviewer decided.
        published: status of the memory that was published, if any.
    """
    if asked and status in {CandidateStatus.APPROVED, CandidateStatus.MERGED}:
        return True
    if asked and status == CandidateStatus.REJECTED:
        return False
    return False if published == Status.RETRACTED else None


def policy_for(*, preset: str | None, values: Mapping[str, Any]) -> PolicyFor:
    """Each decision's own policy, or the preset, with `values` instead.

    Raises:
        Invalid: an unknown preset, or a value that is wrong or that no replay can show.
    """
    if preset is not None and preset not in PRESETS:
        raise Invalid(f"preset must be one of: {', '.join(PRESETS)}.", attr="preset")
    try:
        return core.variation(PRESETS[preset] if preset else None, values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error


def replay(
    *, decisions: Sequence[Recorded], preset: str | None = None, values: Mapping[str, Any]
) -> Replay:
    """What flips when every decision is made again under another policy. Changes nothing.

    Raises:
        Invalid: an unknown preset, or a value that is wrong or that no replay can show.
    """
    return core.replay(decisions, policy_for(preset=preset, values=values))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A policy value and where it goes: `steps` values from `start` to `stop`."""

    name: str
    start: float
    stop: float
    steps: int = 11

    def values(self) -> tuple[float, ...]:
        """The values of every step.

        Raises:
            Invalid: not a number of the policy, out of range, or of no effect in a replay.
        """
        try:
            return sensitivity.steps_between(self.name, self.start, self.stop, self.steps)
        except ValueError as error:
            raise Invalid(f"{error}.", attr="value") from error


def sweep(
    *,
    decisions: Sequence[Recorded],
    sweep: Sweep,
    labels: Mapping[str, bool],
    preset: str | None = None,
) -> Iterator[Point]:
    """A point per step: verdicts, precision and recall. Changes nothing.

    Raises:
        Invalid: as for `Sweep.values`, or an unknown preset.
    """
    return sensitivity.sweep(
        decisions,
        name=sweep.name,
        values=sweep.values(),
        labels=labels,
        policy_for=policy_for(preset=preset, values={}),
    )
