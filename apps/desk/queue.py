"""Reading what the desk shows of candidates: figures of the queue, neighbours, history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _
from pgvector.django import CosineDistance

from apps.accounts.actors import Actor
from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.curation.core.policy import DEFAULT
from apps.curation.models import Candidate, CandidateMember, CandidateStatus
from apps.curation.services import attention
from apps.desk.words import ATTENTION, EVENTS, STATUSES, sentence
from apps.kernel import clock
from apps.memories.models import Memory, MemoryIndex, Status
from apps.memories.services import encoders
from apps.spaces import access
from apps.spaces.core import ancestry
from apps.spaces.models import Space
from apps.spaces.services import tree

ORDER = ("ranked_at", "pk")  # of what is pending; an index has it
_NEIGHBOURS = 5
_COMPARED = 500  # requests at the head of the queue that one is compared with


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory that is published in the target, and its cosine likeness to the candidate."""

    memory: Memory
    likeness: float


@dataclass(frozen=True, slots=True)
class Happening:
    """One audited event of a candidate, in words."""

    who: str
    what: Any
    when: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One part of why a request stands where it stands, in words; `share` of its whole weight."""

    words: Any
    points: float
    share: float


def with_figures(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Adds `people` and `independent`, for columns."""
    rows = candidates.select_related("target", "decision", "reviewer", "held_by", "assignee")
    return rows.annotate(
        people=_counted(Count("person", distinct=True)),
        independent=_counted(Count("person", distinct=True, filter=Q(independent=True))),
    )


def standing_of(candidate: Candidate) -> list[Standing]:
    """Why it stands where it stands in the queue, the heaviest reason first."""
    parts = attention.explained(candidate, clock.now())
    whole = sum(part.points for part in parts)
    return [
        Standing(ATTENTION.get(part.code, part.code), part.points, part.points / whole)
        for part in parts
    ]


def tabs(actor: Actor) -> list[tuple[str, Any, int]]:
    """Value, label and count of every status, and of what is put off or left to the actor."""
    counts = _counts(actor)
    shown = [(value, label, counts[value]) for value, label in STATUSES.items()]
    shown.insert(1, ("deferred", _("Put off"), counts["deferred"]))
    if counts["asked"]:
        shown.insert(1, ("asked", _("Asked of you"), counts["asked"]))
    return [*shown, ("all", _("All"), counts["all"])]


def _counts(actor: Actor) -> dict[str, int]:
    """By status and tab; an index holds all of it, so rows themselves are not read."""
    by_status = Candidate.objects.visible_to(actor).values_list("status").order_by()
    rows = by_status.annotate(
        every=Count("status"),
        deferred=Count("status", filter=Q(deferred_until__gt=clock.now())),
        asked=Count("status", filter=Q(assignee=actor.user)),
    )
    found = {status: figures for status, *figures in rows}
    waiting, deferred, asked = found.get(CandidateStatus.PENDING, (0, 0, 0))
    counts = {status: found.get(status, (0,))[0] for status in STATUSES}
    every = sum(counts.values())
    return counts | {
        "pending": waiting - deferred, "deferred": deferred, "asked": asked, "all": every,
    }  # fmt: skip


def wider_spaces(candidate: Candidate, actor: Actor) -> list[Space]:
    """The proposed space and those above it where the actor reviews, nearest first."""
    path = ancestry.path(candidate.target_id, tree.parents(candidate.target.organisation_id))
    spaces = Space.objects.visible_to(actor).in_bulk(access.of(actor).ids("review") & set(path))
    return [spaces[pk] for pk in path if pk in spaces]


def neighbours_of(candidate: Candidate, actor: Actor) -> list[Neighbour]:
    """Published memories of the target that the policy would call alike, by vectors at hand."""
    row = _vector_of(candidate)
    if row is None:
        return []
    alike = _alike(candidate)
    shared = Memory.objects.visible_to(actor).live(clock.now())
    nearest = (
        shared.filter(
            space=candidate.target_id, status=Status.ACTIVE,
            index__model=row.model, index__embedding__isnull=False,
        )
        .exclude(pk=candidate.published_id or 0)
        .annotate(distance=CosineDistance("index__embedding", row.embedding))
        .select_related("owner")
        .order_by("distance", "pk")[:_NEIGHBOURS]
    )  # fmt: skip
    rows: Iterable[Any] = nearest
    found = [Neighbour(memory, 1 - memory.distance) for memory in rows]
    return [near for near in found if near.likeness > alike]  # a zero vector's NaN is not


def requests_alike(candidate: Candidate, actor: Actor) -> list[Candidate]:
    """Other pending requests whose notes are nearest to this one's, by vectors at hand.

    Among those at the head of the queue: with a hundred thousand waiting, comparing all takes a
    second.
    """
    if candidate.status != CandidateStatus.PENDING:
        return []
    row = _vector_of(candidate)
    if row is None:
        return []
    waiting = Candidate.objects.visible_to(actor).pending().exclude(pk=candidate.pk)
    first = waiting.order_by(*ORDER).values("pk")[:_COMPARED]
    others = Candidate.objects.filter(pk__in=first)
    shown = MemoryIndex.objects.filter(
        memory__in=CandidateMember.objects.filter(candidate=OuterRef(OuterRef("pk"))).values(
            "memory"
        ),
        model=row.model, status=Status.ACTIVE, embedding__isnull=False,
    )  # fmt: skip
    # a minimum, as an ordered scan would take the index and pass over other spaces' rows in vain
    apart = shown.order_by().values("model").annotate(apart=Min(_distance(row)))
    nearest = others.annotate(apart=Subquery(apart.values("apart")))
    rows: Iterable[Any] = nearest.select_related("target").order_by("apart", "pk")[:_NEIGHBOURS]
    alike = _alike(candidate)
    return [one for one in rows if one.apart is not None and 1 - one.apart > alike]


def history_of(candidate: Candidate) -> list[Happening]:
    """What the audit knows of a candidate, newest first."""
    events = AuditEvent.objects.filter(
        action__in=list(EVENTS),
        object_type="candidate",
        object_ids__contains=[candidate.public_id],
    ).order_by("-id")
    rows = list(events)
    names = _names([row.actor for row in rows if row.actor])
    return [
        Happening(
            who=names.get(row.actor, say_in("Somebody"))
            if row.actor
            else say_in("The nightly job"),
            what=EVENTS[row.action],
            when=row.created_at,
            reason=row.reason if row.actor else _in_words(row.reason),
        )
        for row in rows
    ]


def _in_words(codes: str) -> str:
    """What a run gives as reasons are codes; a person's are their own words."""
    return "; ".join(sentence(code) for code in codes.split(", "))


def _vector_of(candidate: Candidate) -> MemoryIndex | None:
    """The vector of its first member that has one."""
    vectors = MemoryIndex.objects.filter(
        memory__in=candidate.members.values("memory"),
        model=encoders.active().model,
        embedding__isnull=False,
    )
    return vectors.order_by("memory_id", "-id").first()


def _distance(row: MemoryIndex) -> CosineDistance:
    return CosineDistance("embedding", row.embedding)


def _alike(candidate: Candidate) -> float:
    """Likeness above which the policy of its decision would link two notes."""
    policy = candidate.decision.inputs.get("policy", {})
    return float(policy.get("link_threshold", DEFAULT.link_threshold))


def _names(ids: Sequence[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def _counted(count: Count) -> Coalesce:
    members = CandidateMember.objects.filter(candidate=OuterRef("pk")).order_by()
    return Coalesce(Subquery(members.values("candidate").annotate(n=count).values("n")), 0)
