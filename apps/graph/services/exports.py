"""The graph that an asker sees, for other tools."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from apps.audit.services import events
from apps.graph.core import formats
from apps.graph.core.formats import Link, Thing
from apps.graph.models import Entity, Relation
from apps.graph.services import views, walks
from apps.graph.services.views import Edge
from apps.kernel.errors import LimitExceeded

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

MOST_THINGS = 5_000
MOST_LINKS = 20_000


@dataclass(frozen=True, slots=True)
class Export:
    """A document with its content type and a name for a file."""

    body: str
    content_type: str
    filename: str


def of(
    *, actor: "Actor", form: str, around: Entity | None = None, as_of: datetime | None = None
) -> Export:
    """What the asker sees, or what is within two hops of an entity.

    Args:
        form: graphml, jsonld or cypher.
        as_of: only relations that held then; all of them if not given.

    Raises:
        LimitExceeded: more than 5,000 entities or 20,000 relations.
    """
    things, edges = _near(actor, around, as_of) if around else _everything(actor, as_of)
    write, content_type, ending = formats.FORMATS[form]
    events.record(
        action="entity.export",
        by=actor.by,
        object_type="entity",
        object_ids=[around.public_id] if around else [],
        detail={"entities": len(things), "relations": len(edges), "form": form},
    )
    body = "".join(write(_things(things), (_link(edge) for edge in edges)))
    return Export(body, content_type, f"graph.{ending}")


def _near(
    actor: "Actor", entity: Entity, as_of: datetime | None
) -> tuple[dict[int, list[Entity]], list[Edge]]:
    found = walks.around(
        actor=actor, entity=entity, depth=2, limit=MOST_THINGS, filters=walks.Filters(as_of=as_of)
    )
    if found.truncated:
        raise _too_many()
    groups = [node.entity.group for node in found.nodes]
    rows = Entity.objects.visible_to(actor).of_groups(groups)
    return _grouped(rows), found.edges


def _everything(
    actor: "Actor", as_of: datetime | None
) -> tuple[dict[int, list[Entity]], list[Edge]]:
    rows = list(Entity.objects.visible_to(actor).order_by("pk")[: MOST_THINGS + 1])
    live = Relation.objects.visible_to(actor).live().exclude(status="rejected")
    if as_of is not None:
        live = live.filter(valid__contains=as_of)
    relations = list(live.order_by("pk")[: MOST_LINKS + 1])
    if len(rows) > MOST_THINGS or len(relations) > MOST_LINKS:
        raise _too_many()
    grouped = _grouped(rows)
    known = {group: members[0] for group, members in grouped.items()}
    return grouped, views.edges(actor, relations, known)


def _too_many() -> LimitExceeded:
    return LimitExceeded(
        f"An export holds up to {MOST_THINGS:,} entities and {MOST_LINKS:,} relations; name an"
        " entity to export what is around it.",
        attr="entity",
    )


def _grouped(rows: Iterable[Entity]) -> dict[int, list[Entity]]:
    """Readable members by group, the one that stands for it first."""
    members: dict[int, list[Entity]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.merged_into_id is not None, row.pk)):
        members[row.group].append(row)
    return members


def _things(grouped: dict[int, list[Entity]]) -> Iterable[Thing]:
    for first, *others in grouped.values():
        names = tuple(str(other) for other in others)
        yield Thing(str(first.public_id), first.type, str(first), names)


def _link(edge: Edge) -> Link:
    row = edge.relation
    return Link(
        str(row.public_id), row.type, str(edge.subject.public_id), str(edge.object.public_id),
        row.valid.lower, row.valid.upper, row.status, edge.confidence, edge.recorded_at,
    )  # fmt: skip
