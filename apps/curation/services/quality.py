"""How good promotion is, told by what people did with what it decided. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from apps.curation.core import reliability
from apps.curation.core.policy import PromotionPolicy
from apps.curation.core.reliability import Bin, Proposal, Rate, Scored
from apps.curation.core.replay import Recorded
from apps.curation.models import CandidateStatus, ClusterMember, Decision, Ruling
from apps.curation.services import policies, replay
from apps.curation.services.replay import Scope
from apps.memories.models import Memory, Provenance, Source, Status
from apps.spaces import access
from apps.spaces.models import Organisation

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

PUBLISHING_GOAL = 0.95  # precision wanted of what is published without asking
REVIEW_GOAL = 0.6  # share of requests that should be worth a reviewer's time

_DECIDED = (CandidateStatus.APPROVED, CandidateStatus.REJECTED, CandidateStatus.MERGED)


@dataclass(frozen=True, slots=True)
class Rates:
    """What went wrong, by kind.

    Attributes:
        false_promotion: published without asking and retracted later, of all published so.
        false_hold: held, and later published by a person's hand, of all clusters ever held.
        false_split: a reviewer merged it into what was published already or joined another request
            to it, of all they decided, split or joined.
        false_merge: a reviewer split it, of the same.
    """

    false_promotion: Rate
    false_hold: Rate
    false_split: Rate
    false_merge: Rate


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything the quality page tells.

    Attributes:
        labels: decisions that people have judged.
        worthy: of these, how many were worth sharing.
        rates: what went wrong.
        self_evaluation: reliability curve of the language model's score.
        calibration_error: mean gap of that curve; None without a score that was judged.
        proposals: one per threshold; nothing applies them.
    """

    labels: int
    worthy: int
    rates: Rates
    self_evaluation: tuple[Bin, ...]
    calibration_error: float | None
    proposals: tuple[Proposal, ...]


def measure(
    *, scope: Scope, policy: PromotionPolicy, goals: Mapping[str, float] | None = None
) -> Quality:
    """Rates, reliability and proposed thresholds, from what people decided so far.

    Args:
        scope: what the asker may see.
        policy: in force; its thresholds stand beside the proposed ones.
        goals: wanted precision by policy value, instead of .95 for what publishes and .6 for
            what asks a reviewer.
    """
    judged = list(_judged(scope))
    bins = reliability.curve(_scored(judged, "self_eval_threshold"))
    return Quality(
        labels=len(judged),
        worthy=sum(worthy for _, worthy in judged),
        rates=rates(scope),
        self_evaluation=bins,
        calibration_error=reliability.calibration_error(bins),
        proposals=tuple(
            reliability.propose(
                name, _scored(judged, name), current=getattr(policy, name), goal=goal
            )
            for name, goal in {**GOALS, **(goals or {})}.items()
        ),
    )


def seen_by(actor: "Actor") -> Quality:
    """The same, as far as an actor sees it.

    Raises:
        Forbidden: the actor reviews nowhere.
    """
    scope = Scope.seen_by(actor)
    where = access.of(actor).organisation_id
    assert where is not None, "who reviews a space is in its organisation"  # noqa: S101
    organisation = Organisation.objects.get(pk=where)
    return measure(scope=scope, policy=policies.of_organisation(organisation))


GOALS = {
    "frequency_threshold": PUBLISHING_GOAL,
    "outcome_threshold": PUBLISHING_GOAL,
    "self_eval_threshold": REVIEW_GOAL,
}


def _judged(scope: Scope) -> Iterator[tuple[Recorded, bool]]:
    """The decision that people judged, and whether they found it worth sharing."""
    rows = scope.candidates.exclude(decided_at=None).values_list(
        "decision_id", "status", "reviewer_id", "published__status"
    )
    told = {}
    for decision, status, reviewer, published in rows.order_by("decided_at", "id"):
        worthy = replay.verdict_of(status, asked=reviewer is not None, published=published)
        if worthy is not None:
            told[decision] = worthy
    decisions = Decision.objects.filter(pk__in=told).order_by("pk")
    found = replay.recorded(decisions)
    yield from zip(found, (told[pk] for pk in sorted(told)), strict=True)


def _scored(judged: list[tuple[Recorded, bool]], name: str) -> list[Scored]:
    """The signal that this threshold is about, where it was measured and counts as evidence."""
    read = _SIGNALS[name]
    scored = ((read(one), worthy) for one, worthy in judged)
    return [(score, worthy) for score, worthy in scored if score is not None]


def _frequency(one: Recorded) -> float | None:
    return one.signals.frequency


def _outcome(one: Recorded) -> float | None:
    return one.signals.outcome.proof(one.policy.min_outcomes, one.policy.min_reporters)


def _self_eval(one: Recorded) -> float | None:
    return one.signals.self_eval


_SIGNALS = {
    "frequency_threshold": _frequency,
    "outcome_threshold": _outcome,
    "self_eval_threshold": _self_eval,
}


def rates(scope: Scope) -> Rates:
    """What went wrong so far, by kind."""
    published = scope.candidates.filter(
        status=CandidateStatus.APPROVED, reviewer=None, published__isnull=False
    ).aggregate(
        every=Count("pk"), retracted=Count("pk", filter=Q(published__status=Status.RETRACTED))
    )
    decided = scope.candidates.filter(
        Q(status__in=_DECIDED, reviewer__isnull=False) | Q(_ruled())
    ).aggregate(
        every=Count("pk"),
        merged=Count("pk", filter=Q(status=CandidateStatus.MERGED) | Q(_ruled("together"))),
        split=Count("pk", filter=Q(_ruled("apart"))),
    )
    held = _held(scope)
    return Rates(
        false_promotion=Rate(published["retracted"], published["every"]),
        false_hold=Rate(len(_published_by_hand(held)), len(held)),
        false_split=Rate(decided["merged"], decided["every"]),
        false_merge=Rate(decided["split"], decided["every"]),
    )


def _ruled(said: str = "") -> Exists:
    """Requests on whose notes a reviewer said this, or anything, and nobody took it back."""
    rulings = Ruling.objects.in_force().filter(candidate=OuterRef("pk"))
    return Exists(rulings.filter(said=said) if said else rulings)


def _held(scope: Scope) -> dict[int, datetime]:
    """When a cluster was first held, by its id."""
    held = scope.decisions.filter(verdict="hold").order_by().values_list("cluster_id")
    return dict(held.annotate(since=Min("created_at")).values_list("cluster_id", "since"))


def _published_by_hand(held: Mapping[int, datetime]) -> set[int]:
    """Held clusters one of whose notes a person shared afterwards: its words, or derived from it.

    Read from the notes of the clusters, so only what the clusters' organisation shares counts.
    """
    members = ClusterMember.objects.filter(cluster__in=list(held))
    shared = Memory.objects.exclude(space__kind="personal").exclude(source=Source.PROMOTION)
    return {
        cluster
        for cluster, at in (*_same_words(members, shared), *_derived(members, shared))
        if at > held[cluster]
    }


def _same_words(
    members: QuerySet[ClusterMember], shared: QuerySet[Memory]
) -> Iterator[tuple[int, datetime]]:
    words: dict[tuple[int, str], set[int]] = {}
    in_use = members.filter(memory__content_hash__in=shared.values("content_hash"))
    for cluster, organisation, content in in_use.values_list(
        "cluster_id", "cluster__organisation_id", "memory__content_hash"
    ):
        words.setdefault((organisation, content), set()).add(cluster)
    rows = shared.filter(
        Q(organisation__in={organisation for organisation, _ in words}),
        content_hash__in={content for _, content in words},
    )
    for organisation, content, at in rows.values_list(
        "organisation_id", "content_hash", "created_at"
    ):
        for cluster in words.get((organisation, content), ()):
            yield cluster, at


def _derived(
    members: QuerySet[ClusterMember], shared: QuerySet[Memory]
) -> Iterator[tuple[int, datetime]]:
    links = Provenance.objects.filter(
        memory__in=shared, source_memory__in=members.values("memory_id")
    )
    rows = links.values_list("source_memory__cluster_member__cluster_id", "memory__created_at")
    yield from rows
