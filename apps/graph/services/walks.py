"""Walking from an entity: what is around it, a way to another, what it has most to do with.

Bounded in depth, rows and time. Permissions and time are conditions of every hop.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Literal

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from apps.graph import sql
from apps.graph.core import pagerank, paths
from apps.graph.models import Entity
from apps.graph.querysets import readable
from apps.graph.services import views
from apps.graph.services.views import Edge, Node
from apps.kernel.errors import LimitExceeded

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

DEEPEST = 4
LONGEST = 8
MOST_NODES = 500
_FANOUT = 2_000
_FANOUT_BY_NODE = 2  # edges of a node that are looked at, for each node that is asked for
_LEAST_FANOUT = 100
_ROWS = 20_000
_SECONDS = 5
_RELATED_DEPTH = 2
_RELATED_NODES = 2_000

Direction = Literal["any", "out", "in"]


class TooWide(LimitExceeded):
    """The walk took too long; narrow it by type, time or depth."""

    code = "walk_too_wide"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which edges count.

    Attributes:
        as_of: held in the world then; None for any time.
        known_at: was said then, by what the asker may read; None for now.
        types: of relations; empty for all.
        conflicting: also those that contradict one that stands, and wait for a reviewer.
    """

    as_of: datetime | None = None
    known_at: datetime | None = None
    types: tuple[str, ...] = ()
    direction: Direction = "any"
    conflicting: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Nodes, nearest first, and edges between them; `truncated` when a bound was met."""

    nodes: list[Node]
    edges: list[Edge]
    truncated: bool = False


@dataclass(slots=True)
class _Hops:
    """Hops of one asker, one statement each; remembers when a bound was met."""

    actor: "Actor"
    filters: Filters
    fanout: int = _FANOUT
    truncated: bool = False
    until: float = field(default_factory=lambda: monotonic() + _SECONDS)
    seen: set[tuple[int, int, int]] = field(default_factory=set)

    def any(self, nodes: Iterable[int]) -> list[tuple[int, int, int]]:
        """Edges in the direction of the filters."""
        direction = self.filters.direction
        return self._at(nodes, outward=direction != "in", inward=direction != "out")

    def back(self, nodes: Iterable[int]) -> list[tuple[int, int, int]]:
        """Edges against the direction of the filters."""
        direction = self.filters.direction
        return self._at(nodes, outward=direction != "out", inward=direction != "in")

    def _at(
        self, nodes: Iterable[int], *, outward: bool, inward: bool
    ) -> list[tuple[int, int, int]]:
        if monotonic() > self.until:
            raise TooWide
        asked = self.filters
        statuses = ["active", "conflicting"] if asked.conflicting else ["active"]
        statement = sql.edges(
            outward=outward,
            inward=inward,
            known_at=asked.known_at is not None,
            as_of=asked.as_of is not None,
            types=bool(asked.types),
        )
        params = {
            "nodes": sorted(nodes), "spaces": readable(self.actor), "as_of": asked.as_of,
            "known_at": asked.known_at, "types": list(asked.types), "statuses": statuses,
            "fanout": self.fanout, "rows": _ROWS,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            rows: list[tuple[int, int, int]] = cursor.fetchall()
        most = max(Counter(near for _, near, _ in rows).values(), default=0)
        self.truncated |= most >= self.fanout or len(rows) >= _ROWS
        self.seen.update(rows)
        return rows


def around(
    *, actor: "Actor", entity: Entity, depth: int = 1, limit: int = 100, filters: Filters
) -> Surroundings:
    """What lies within `depth` hops (1 to 4), nearest first, at most `limit` nodes.

    Raises:
        TooWide: it took more than five seconds.
    """
    hops = _Hops(actor, filters, fanout=_fanout(limit))
    with _bounded():
        distances, cut = paths.within([entity.group], hop=hops.any, depth=depth, most=limit)
        entities = views.nodes(actor, distances)
        walked = {edge for edge, near, far in hops.seen if {near, far} <= entities.keys()}
        edges = views.edges(actor, views.relations(actor, walked), entities)
    nodes = [Node(entities[group], far) for group, far in distances.items() if group in entities]
    return Surroundings(nodes, edges, truncated=cut or hops.truncated)


def way(
    *, actor: "Actor", first: Entity, last: Entity, longest: int = 6, filters: Filters
) -> Surroundings | None:
    """A shortest way of at most `longest` (1 to 8) edges; nodes and edges in its order.

    Raises:
        TooWide: it took more than five seconds.
    """
    hops = _Hops(actor, filters)
    with _bounded():
        found = paths.shortest(
            first.group, last.group, out=hops.any, into=hops.back, longest=longest
        )
        if found is None:
            return None
        entities = views.nodes(actor, found.nodes)
        edges = {
            edge.relation.pk: edge
            for edge in views.edges(actor, views.relations(actor, found.edges), entities)
        }
    nodes = [Node(entities[group], step) for step, group in enumerate(found.nodes)]
    return Surroundings(nodes, [edges[pk] for pk in found.edges], truncated=hops.truncated)


def related(
    *, actor: "Actor", seeds: Iterable[Entity], limit: int = 20, filters: Filters
) -> list[Node]:
    """What a walk that keeps starting again at the seeds meets most; seeds left out.

    Personalised PageRank on what lies within two hops, at most 2,000 nodes.

    Raises:
        TooWide: it took more than five seconds.
    """
    groups = {entity.group for entity in seeds}
    hops = _Hops(actor, filters)
    with _bounded():
        distances, _ = paths.within(
            sorted(groups), hop=hops.any, depth=_RELATED_DEPTH, most=_RELATED_NODES
        )
        pairs = {edge: (near, far) for edge, near, far in hops.seen}
        known = [pair for pair in pairs.values() if distances.keys() >= set(pair)]
        scores = pagerank.personalised(known, dict.fromkeys(groups, 1.0))
        best = sorted(scores.keys() - groups, key=lambda node: (-scores[node], node))[:limit]
        entities = views.nodes(actor, best)
    return [
        Node(entities[group], distances[group], scores[group])
        for group in best
        if group in entities
    ]


def _fanout(nodes: int) -> int:
    """Edges of a node that are looked at in each direction: a hub has more than answers hold."""
    return min(_FANOUT, max(_LEAST_FANOUT, _FANOUT_BY_NODE * nodes))


@contextmanager
def _bounded() -> Iterator[None]:
    """One snapshot; five seconds at most for each statement, and no hop begins after five."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.BOUND, [f"{_SECONDS}s"])
            yield
            cursor.execute(sql.UNBOUND)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooWide from None
        raise
