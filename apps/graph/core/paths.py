"""Shortest ways through a graph of which only the parts that are asked for are known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Hop = Callable[[frozenset[int]], Iterable[tuple[int, int, int]]]
"""Edges at some nodes, as (edge, one of these nodes, the node at the other end)."""


@dataclass(slots=True)
class _Side:
    """What is known from one end: by node the edge and the node it was first reached by."""

    fresh: frozenset[int]
    reached: dict[int, tuple[int, int] | None] = field(default_factory=dict)

    def step(self, hop: Hop) -> None:
        found: set[int] = set()
        for edge, near, far in sorted(hop(self.fresh)):
            if far not in self.reached:
                self.reached[far] = (edge, near)
                found.add(far)
        self.fresh = frozenset(found)

    def back(self, node: int) -> list[tuple[int, int]]:
        """Edges and nodes from `node` to this end."""
        way = []
        while (step := self.reached[node]) is not None:
            way.append(step)
            node = step[1]
        return way


@dataclass(frozen=True, slots=True)
class Way:
    """A path of n edges: n + 1 nodes from the first to the last, and the n edges between them."""

    nodes: tuple[int, ...]
    edges: tuple[int, ...]


def shortest(first: int, last: int, *, out: Hop, into: Hop, longest: int) -> Way | None:
    """A way with the fewest edges, at most `longest`; None when there is none.

    Grows from both ends, from the smaller one next.

    Args:
        out: edges that may be walked away from the nodes.
        into: edges that may be walked towards the nodes, from the other end.
    """
    ahead = _Side(frozenset({first}), {first: None})
    behind = _Side(frozenset({last}), {last: None})
    for _ in range(longest + 1):
        met = ahead.reached.keys() & behind.reached.keys()
        if met:
            return _joined(ahead, behind, met)
        if not ahead.fresh or not behind.fresh:
            return None
        if len(ahead.fresh) <= len(behind.fresh):
            ahead.step(out)
        else:
            behind.step(into)
    return None


def _joined(ahead: _Side, behind: _Side, met: Iterable[int]) -> Way:
    """The shortest of the ways through the nodes where the sides met."""
    ways = (_way(ahead, behind, node) for node in met)
    return min(ways, key=lambda way: (len(way.edges), way.nodes))


def _way(ahead: _Side, behind: _Side, node: int) -> Way:
    before, after = ahead.back(node)[::-1], behind.back(node)
    nodes = (*(at for _, at in before), node, *(at for _, at in after))
    return Way(nodes, tuple(edge for edge, _ in (*before, *after)))


def within(
    first: Iterable[int], *, hop: Hop, depth: int, most: int
) -> tuple[Mapping[int, int], bool]:
    """Nodes by their distance from the first ones, nearest first.

    Returns:
        At most `most` nodes, and whether some were left out.
    """
    distances = dict.fromkeys(first, 0)
    fresh = frozenset(distances)
    for distance in range(1, depth + 1):
        found = {far for _, _, far in hop(fresh)} - distances.keys() if fresh else set()
        room = most - len(distances)
        kept = sorted(found)[: max(room, 0)]
        distances.update(dict.fromkeys(kept, distance))
        if len(kept) < len(found):
            return distances, True
        fresh = frozenset(kept)
    return distances, False
