"""From single verdicts, of which some are wrong, to groups that most of the evidence supports.

A verdict on a pair is evidence and no proof: one wrong `same` must not glue two facts together, nor
one wrong `different` tear one apart. So items merge by the sum of what was said between them, the
surest first, and a lone `same` counts only once it was said in both orders of the question.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from apps.curation.core.rulings import partition

Sameness = Literal["same", "contains", "different", "contradicts"]
Pair = tuple[int, int]
# By (first, second) as asked: the same pair in the other order is a second opinion
Verdicts = Mapping[Pair, Sameness]

ENOUGH = 2  # verdicts that must speak for a merge

_SAME: frozenset[Sameness] = frozenset({"same"})
_SHARED: frozenset[Sameness] = frozenset({"same", "contains"})
_OTHER: frozenset[Sameness] = frozenset({"different", "contradicts"})


def same_facts(
    items: int,
    verdicts: Verdicts,
    *,
    apart: Callable[[int, int], bool],
    together: Iterable[tuple[int, ...]] = (),
) -> tuple[tuple[int, ...], ...]:
    """Items that state the same fact: `same` speaks for it, `contains` neither for nor against.

    Args:
        items: their number; they are 0..items-1.
        verdicts: by ordered pair of items.
        apart: whether a certain rule keeps two items (low, high) apart, whatever was said.
        together: items that a reviewer says are the same, each sorted: the others join these.

    Returns:
        A partition: tuples, each sorted, in the order of their first item.
    """
    return _merge(partition(items, together), verdicts, _SAME, apart)


def shared_facts(
    parts: Iterable[tuple[int, ...]], verdicts: Verdicts, *, apart: Callable[[int, int], bool]
) -> tuple[tuple[int, ...], ...]:
    """`parts` joined where one states all that the other does, and more: `contains` counts, too."""
    return _merge(parts, verdicts, _SHARED, apart)


def contradictions(verdicts: Verdicts) -> frozenset[Pair]:
    """Pairs (low, high) of which `contradicts` was said in both orders."""
    return frozenset(
        (a, b)
        for (a, b), verdict in verdicts.items()
        if a < b and verdict == "contradicts" and verdicts.get((b, a)) == "contradicts"
    )


def _merge(
    parts: Iterable[tuple[int, ...]],
    verdicts: Verdicts,
    favour: frozenset[Sameness],
    apart: Callable[[int, int], bool],
) -> tuple[tuple[int, ...], ...]:
    """Agglomerate while more speaks for a merge than against it, the clearest case first."""
    members = dict(enumerate(parts))
    home = {item: part for part, items in members.items() for item in items}
    between = _evidence(home, verdicts, favour)
    heap: list[tuple[int, Pair, Pair]] = []
    for a in sorted(between):
        for b in sorted(between[a]):
            if a < b:
                _push(heap, a, b, between[a][b])
    made, asked = count(len(members)), cache(apart)
    while heap:
        _, (a, b), seen = heappop(heap)
        if a not in members or b not in members or between[a].get(b) != seen:
            continue
        if any(asked(min(x, y), max(x, y)) for x in members[a] for y in members[b]):
            continue
        new = next(made)
        members[new] = members.pop(a) + members.pop(b)
        _join(between, heap, a, b, new)
    return tuple(sorted(tuple(sorted(items)) for items in members.values()))


def _evidence(
    home: Mapping[int, int], verdicts: Verdicts, favour: frozenset[Sameness]
) -> defaultdict[int, dict[int, Pair]]:
    """Verdicts (for, against) between parts that were judged."""
    sums: dict[Pair, Counter[bool]] = defaultdict(Counter)
    for (x, y), verdict in verdicts.items():
        a, b = sorted((home[x], home[y]))
        if a != b and (verdict in favour or verdict in _OTHER):
            sums[a, b][verdict in favour] += 1
    between: defaultdict[int, dict[int, Pair]] = defaultdict(dict)
    for (a, b), tally in sums.items():
        between[a][b] = between[b][a] = (tally[True], tally[False])
    return between


def _join(
    between: defaultdict[int, dict[int, Pair]],
    heap: list[tuple[int, Pair, Pair]],
    a: int,
    b: int,
    new: int,
) -> None:
    """What was said of `a` and of `b` is said of `new`."""
    left, right = between.pop(a), between.pop(b)
    for other in sorted((left.keys() | right.keys()) - {a, b}):
        one, two = left.get(other, (0, 0)), right.get(other, (0, 0))
        said = (one[0] + two[0], one[1] + two[1])
        between[other].pop(a, None)
        between[other].pop(b, None)
        between[new][other] = between[other][new] = said
        _push(heap, other, new, said)


def _push(heap: list[tuple[int, Pair, Pair]], a: int, b: int, said: Pair) -> None:
    speaks, denies = said
    if speaks >= ENOUGH and speaks > denies:
        heappush(heap, (denies - speaks, (min(a, b), max(a, b)), said))
