"""What is known about something as of a moment: its relations then, and the memories that held."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.canon.models import Section
from apps.graph.core.names import normalise
from apps.graph.models import Entity
from apps.graph.services import timelines, views, walks
from apps.graph.services.views import Edge
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.memories.models import Memory

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_MOST_ENTITIES = 10
_MOST_EDGES = 100
_MOST_SECTIONS = 20


@dataclass(frozen=True, slots=True)
class About:
    """One entity as of `as_of`: other names, relations that held, canon and memories that did."""

    entity: Entity
    as_of: datetime
    aliases: list[Entity]
    edges: list[Edge]
    canon: list[Section]
    memories: list[Memory]
    truncated: bool


def about(
    *, actor: "Actor", name: str, as_of: datetime | None = None, limit: int = 50
) -> list[About]:
    """What the asker may know of everything called `name`; one answer per entity.

    Args:
        name: in any spelling; also of something that was merged into another.
        as_of: the moment in the world; now if not given.
        limit: memories of each, newest first.

    Raises:
        Invalid: no name.
        walks.TooWide: it took too long.
    """
    if not normalise(name):
        raise Invalid("name must not be blank.", attr="name")
    moment = as_of or clock.now()
    named = Entity.objects.visible_to(actor).called(name).order_by("pk")
    groups = dict.fromkeys(entity.group for entity in named[:_MOST_ENTITIES])
    entities = views.nodes(actor, groups)
    return [_about(actor, entities[group], moment, limit) for group in groups if group in entities]


def _about(actor: "Actor", entity: Entity, as_of: datetime, limit: int) -> About:
    found = walks.around(
        actor=actor, entity=entity, limit=_MOST_EDGES, filters=walks.Filters(as_of=as_of)
    )
    told = timelines.memories(actor, entity).valid_at(as_of).live(clock.now())
    memories = list(told.select_related("space", "author").order_by("-occurred_at", "-pk")[:limit])
    day = as_of.date()
    begun = Q(revision__effective_from__isnull=True) | Q(revision__effective_from__lte=day)
    stands = Q(revision__effective_to__isnull=True) | Q(revision__effective_to__gt=day)
    return About(
        entity=entity,
        as_of=as_of,
        aliases=views.aliases(actor, entity),
        edges=found.edges,
        canon=list(timelines.sections(actor, entity).filter(begun, stands)[:_MOST_SECTIONS]),
        memories=memories,
        truncated=found.truncated,
    )
