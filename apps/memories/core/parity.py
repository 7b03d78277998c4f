"""How alike two embedding models answer: figures over two rankings of the same memories."""

import math
from collections.abc import Sequence


def overlap(first: Sequence[int], second: Sequence[int]) -> float:
    """Share of the longer list that both hold, in [0, 1]; 1 for two empty lists.

    Args:
        first, second: memory ids without repeats; their order does not matter.
    """
    longer = max(len(first), len(second))
    return len(set(first) & set(second)) / longer if longer else 1.0


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rho of two scores of the same things, in [-1, 1]; equal scores share a rank.

    Returns:
        None where it is undefined: fewer than two things, or all scores of a side equal.

    Raises:
        ValueError: the sides differ in length.

    Source:
        Spearman 1904, "The Proof and Measurement of Association between Two Things", with
        average ranks for ties (Pearson's correlation of the ranks).
    """
    if len(first) != len(second):
        raise ValueError("both models must score the same things")
    a, b = _centred(_ranks(first)), _centred(_ranks(second))
    spread = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    if not spread:
        return None
    rho = math.fsum(x * y for x, y in zip(a, b, strict=True)) / spread
    return max(-1.0, min(1.0, rho))


def _ranks(scores: Sequence[float]) -> list[float]:
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2
        start = end + 1
    return ranks


def _centred(ranks: Sequence[float]) -> list[float]:
    mean = math.fsum(ranks) / len(ranks) if ranks else 0.0
    return [rank - mean for rank in ranks]
