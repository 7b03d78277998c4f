"""Personalised PageRank on a small graph that was cut out around its seeds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

ROUNDS = 100


def personalised(
    edges: Iterable[tuple[int, int]],
    seeds: Mapping[int, float],
    *,
    damping: float = 0.85,
    tolerance: float = 1e-9,
) -> dict[int, float]:
    """Share of a walk's time at each node: it follows an edge either way with `damping`, else it
    starts again at a seed.

    Args:
        edges: pairs of nodes; a pair that is given twice counts twice, a loop leads nowhere.
        seeds: positive weights of the nodes where the walk starts.
        damping: in [0, 1).
        tolerance: summed change of a round that ends the iteration; at most 100 rounds.

    Returns:
        Scores by node, summing to 1; seeds without edges included.

    Raises:
        ValueError: no seed, a weight that is not positive, or damping out of range.

    Source:
        Haveliwala 2002, "Topic-Sensitive PageRank", section 2.
    """
    if not seeds or min(seeds.values()) <= 0 or not 0 <= damping < 1:
        raise ValueError("seeds need positive weights, damping must be in [0, 1)")
    beside: dict[int, list[int]] = defaultdict(list)
    for one, other in edges:
        if one != other:
            beside[one].append(other)
            beside[other].append(one)
    total = sum(seeds.values())
    start = {node: weight / total for node, weight in seeds.items()}
    scores = dict(start)
    for _ in range(ROUNDS):
        after = _walked(scores, beside, start, damping)
        moved = sum(abs(after[node] - scores.get(node, 0.0)) for node in after)
        scores = after
        if moved < tolerance:
            break
    return scores


def _walked(
    scores: Mapping[int, float],
    beside: Mapping[int, list[int]],
    start: Mapping[int, float],
    damping: float,
) -> dict[int, float]:
    """One round; who stands at a node without edges starts again."""
    after: dict[int, float] = defaultdict(float)
    stuck = 0.0
    for node, score in scores.items():
        others = beside.get(node, ())
        if not others:
            stuck += score
        for other in others:
            after[other] += damping * score / len(others)
    for node, share in start.items():
        after[node] += share * (1 - damping + damping * stuck)
    return dict(after)
