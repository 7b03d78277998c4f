"""What happened to an entity, in the order of the world's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django.db.models import Q

from apps.canon.models import Section
from apps.canon.querysets import SectionQuerySet
from apps.graph.models import Entity, Evidence, Relation
from apps.graph.querysets import EvidenceQuerySet
from apps.graph.services import views
from apps.graph.services.views import Edge
from apps.memories.models import Memory
from apps.memories.querysets import MemoryQuerySet

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

MOST = 500


@dataclass(frozen=True, slots=True)
class Moment:
    """A memory or a section of canon that speaks of the entity, a relation that begins or ends."""

    at: datetime
    what: Literal["memory", "canon", "begins", "ends"]
    memory: Memory | None = None
    section: Section | None = None
    edge: Edge | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until before `until`; None for no bound."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it lies within."""
        after = self.since is None or self.since <= at
        return after and (self.until is None or at < self.until)


def of(*, actor: "Actor", entity: Entity, window: Window, limit: int = MOST) -> list[Moment]:
    """Readable moments of the entity and what was merged with it, newest first."""
    moments = [
        *_told(actor, entity, limit),
        *_stated(actor, entity, limit),
        *_claimed(actor, entity, limit),
    ]
    within = [moment for moment in moments if window.holds(moment.at)]
    return sorted(within, key=lambda one: (one.at, one.what), reverse=True)[:limit]


def memories(actor: "Actor", entity: Entity) -> MemoryQuerySet:
    """Readable memories that speak of the entity and what was merged with it."""
    saying = _saying(actor, entity).filter(memory__isnull=False)
    found: MemoryQuerySet = Memory.objects.visible_to(actor).filter(
        pk__in=saying.values("memory_id")
    )
    return found


def sections(actor: "Actor", entity: Entity) -> SectionQuerySet:
    """Readable sections of canon that speak of them, with revision and document loaded."""
    saying = _saying(actor, entity).filter(section__isnull=False)
    found: SectionQuerySet = (
        Section.objects.visible_to(actor)
        .filter(pk__in=saying.values("section_id"))
        .select_related("revision__document")
        .order_by("revision__document__path_key", "place")
    )
    return found


def _saying(actor: "Actor", entity: Entity) -> EvidenceQuerySet:
    group = Entity.objects.visible_to(actor).of_groups([entity.group]).values("pk")
    return Evidence.objects.visible_to(actor).live().filter(entity__in=group)


def _stated(actor: "Actor", entity: Entity, limit: int) -> Iterator[Moment]:
    for section in sections(actor, entity)[:limit]:
        yield Moment(section.known_from, "canon", section=section)


def _told(actor: "Actor", entity: Entity, limit: int) -> Iterator[Moment]:
    rows = memories(actor, entity).select_related("space", "author")
    for memory in rows.order_by("-occurred_at", "-pk")[:limit]:
        yield Moment(memory.valid_from or memory.occurred_at, "memory", memory=memory)


def _claimed(actor: "Actor", entity: Entity, limit: int) -> Iterator[Moment]:
    ends = Q(subject_group=entity.group) | Q(object_group=entity.group)
    rows = Relation.objects.visible_to(actor).live().filter(ends).exclude(status="rejected")
    for edge in views.edges(actor, rows.order_by("-pk")[:limit]):
        valid = edge.relation.valid
        if valid.lower is not None:
            yield Moment(valid.lower, "begins", edge=edge)
        if valid.upper is not None:
            yield Moment(valid.upper, "ends", edge=edge)
