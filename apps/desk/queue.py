"""Reading what the desk shows of candidates: figures of the queue, neighbours, history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from pgvector.django import CosineDistance

from apps.accounts.actors import Actor
from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.curation.core.policy import DEFAULT
from apps.curation.models import Candidate, CandidateMember, CandidateStatus
from apps.desk.words import EVENTS
from apps.kernel import clock
from apps.memories.models import Memory, MemoryIndex, Status
from apps.memories.services import encoders
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import tree

ORDER = ("rank", "-decided_at", "-independent", "-decision__score", "pk")
_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory that is published in the target, and its cosine likeness to the candidate."""

    memory: Memory
    likeness: float


@dataclass(frozen=True, slots=True)
class Happening:
    """One audited event of a candidate, in words."""

    who: str
    what: str
    when: datetime
    reason: str


def with_figures(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Adds `people`, `independent` and `rank` (0 while pending), for columns and `ORDER`."""
    return candidates.select_related("target", "decision", "reviewer").annotate(
        people=_counted(Count("person", distinct=True)),
        independent=_counted(Count("person", distinct=True, filter=Q(independent=True))),
        rank=Case(
            When(status=CandidateStatus.PENDING, then=0), default=1, output_field=IntegerField()
        ),
    )


def wider_spaces(candidate: Candidate, actor: Actor) -> list[Space]:
    """The proposed space and those above it where the actor reviews, nearest first."""
    parent_of = tree.parents(candidate.target.organisation_id)
    path: list[int] = []
    current: int | None = candidate.target_id
    while current is not None and current not in path:
        path.append(current)
        current = parent_of.get(current)
    spaces = Space.objects.visible_to(actor).in_bulk(access.of(actor).ids("review") & set(path))
    return [spaces[pk] for pk in path if pk in spaces]


def neighbours_of(candidate: Candidate, actor: Actor) -> list[Neighbour]:
    """Published memories of the target that the policy would call alike, by vectors at hand."""
    members = candidate.members.values("memory")
    vectors = MemoryIndex.objects.filter(
        memory__in=members, model=encoders.active().model, embedding__isnull=False
    )
    row = vectors.order_by("memory_id", "-id").first()
    if row is None:
        return []
    alike = candidate.decision.inputs.get("policy", {}).get(
        "link_threshold", DEFAULT.link_threshold
    )
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
            who=names.get(row.actor, "Somebody") if row.actor else "The nightly job",
            what=EVENTS[row.action],
            when=row.created_at,
            reason=row.reason,
        )
        for row in rows
    ]


def _names(ids: Sequence[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def _counted(count: Count) -> Coalesce:
    members = CandidateMember.objects.filter(candidate=OuterRef("pk")).order_by()
    return Coalesce(Subquery(members.values("candidate").annotate(n=count).values("n")), 0)
