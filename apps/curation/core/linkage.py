"""Average linkage over a sparse graph: merges the most alike first, never across a veto."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from heapq import heappop, heappush
from itertools import count

Pair = tuple[int, int]


class Linkage:
    """Agglomeration of items by their links; a pair without a link counts as likeness zero.

    That zero is what keeps chains apart: a cluster grows only while its members are alike *on
    average*. Cost: O(E log E) for E links, as long as clusters stay below `limit`.
    """

    def __init__(self, items: int, links: Mapping[Pair, float], *, threshold: float) -> None:
        """Start with `items` single items (0..items-1) and their `links` (i < j -> likeness)."""
        self._threshold = threshold
        self._members: dict[int, tuple[int, ...]] = {item: (item,) for item in range(items)}
        self._links: dict[int, dict[int, float]] = {item: {} for item in range(items)}
        self._heap: list[tuple[float, int, int]] = []
        self._ids = count(items)
        for (a, b), likeness in sorted(links.items()):
            self._link(a, b, likeness)

    def clusters(
        self,
        *,
        limit: int,
        apart: Callable[[int, int], bool],
        weights: Sequence[int] | None = None,
    ) -> tuple[tuple[int, ...], ...]:
        """Merge until nothing is alike enough.

        Args:
            limit: most weight in one cluster; bounds the calls of `apart`.
            apart: whether two items must not share a cluster; asked once for each pair.
            weights: weight of each item; by default 1 each.

        Returns:
            The clusters, each sorted, in the order of their first item.
        """
        weight = dict(enumerate(weights)) if weights else dict.fromkeys(self._members, 1)
        asked = cache(apart)
        while self._heap:
            _, a, b = heappop(self._heap)
            if a not in self._members or b not in self._members or weight[a] + weight[b] > limit:
                continue
            if not self._vetoed(a, b, asked):
                weight[self._merge(a, b)] = weight[a] + weight[b]
        return tuple(sorted(tuple(sorted(items)) for items in self._members.values()))

    def _vetoed(self, a: int, b: int, apart: Callable[[int, int], bool]) -> bool:
        left, right = self._members[a], self._members[b]
        return any(apart(min(x, y), max(x, y)) for x in left for y in right)

    def _merge(self, a: int, b: int) -> int:
        left, right = self._links.pop(a), self._links.pop(b)
        size_a, size_b = len(self._members[a]), len(self._members[b])
        made = next(self._ids)
        self._members[made] = self._members.pop(a) + self._members.pop(b)
        self._links[made] = {}
        for other in sorted((left.keys() | right.keys()) - {a, b}):
            self._links[other].pop(a, None)
            self._links[other].pop(b, None)
            total = left.get(other, 0.0) * size_a + right.get(other, 0.0) * size_b
            self._link(other, made, total / (size_a + size_b))
        return made

    def _link(self, a: int, b: int, likeness: float) -> None:
        self._links[a][b] = self._links[b][a] = likeness
        if likeness >= self._threshold:
            heappush(self._heap, (-likeness, a, b))
