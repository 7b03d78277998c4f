"""Entities and relations as one asker sees them: names, times and certainty from readable evidence.

What stands in a row may come from evidence that the asker may not read; only the name, the type and
the claim itself are the same in all of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from apps.graph import sql
from apps.graph.models import Entity, Relation
from apps.graph.querysets import readable

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


_HEAVY = ("spaces", "known_spaces", "recorded_at", "ended_at")  # told from evidence, or not at all


@dataclass(frozen=True, slots=True)
class Node:
    """An entity, `distance` hops from where the walk began; `aliases` are other readable names."""

    entity: Entity
    distance: int = 0
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between nodes as readable evidence tells it.

    Attributes:
        subject, object: public ids of the entities that stand for its ends.
        confidence: of the surest evidence, 0 to 1.
        evidence: pieces of it.
    """

    relation: Relation
    subject: Entity
    object: Entity
    confidence: float
    recorded_at: datetime
    ended_at: datetime | None
    evidence: int


def nodes(actor: "Actor", groups: Iterable[int]) -> dict[int, Entity]:
    """By group, the entity that stands for it for this asker; groups without one are left out."""
    # A merge with something hidden shows nothing of it: then the first readable one stands for both
    rows = Entity.objects.visible_to(actor).of_groups(set(groups)).defer("spaces", "known_spaces")
    found: dict[int, Entity] = {}
    for row in sorted(rows, key=lambda row: (row.merged_into_id is not None, row.pk)):
        found.setdefault(row.group, row)
    return found


def edges(
    actor: "Actor", relations: Iterable[Relation], known: Mapping[int, Entity] | None = None
) -> list[Edge]:
    """The relations with their ends, in the order given; those not readable are left out."""
    asked = list(relations)
    ends = {end for row in asked for end in (row.subject_group, row.object_group)}
    by_group = dict(known or {})
    if ends - by_group.keys():
        by_group |= nodes(actor, ends - by_group.keys())
    said = _said(actor, [row.pk for row in asked])
    return [
        Edge(row, by_group[row.subject_group], by_group[row.object_group], *said[row.pk])
        for row in asked
        if row.pk in said and row.subject_group in by_group and row.object_group in by_group
    ]


def relations(actor: "Actor", ids: Iterable[int]) -> list[Relation]:
    """Readable relations by row id, oldest claim first."""
    found = Relation.objects.visible_to(actor).filter(pk__in=list(ids)).defer(*_HEAVY)
    return sorted(found, key=lambda row: row.pk)


def aliases(actor: "Actor", entity: Entity) -> list[Entity]:
    """The other readable entities of the same group, by name."""
    group = Entity.objects.visible_to(actor).of_groups([entity.group])
    return list(group.exclude(pk=entity.pk).order_by("name", "pk"))


def _said(actor: "Actor", ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    params = {"relations": list(ids), "spaces": readable(actor)}
    return {row[0]: row[1:] for row in _rows(sql.SAID, params)}


def _rows(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
