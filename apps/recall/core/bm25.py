"""Which words of a question drive the scan, so that a common word never visits every row."""

from collections.abc import Mapping, Sequence
from itertools import combinations

SCAN_BUDGET = 2_000  # rows the driving words may visit together, at about 1 us each
PAIRED = 5  # common words that are looked at in pairs: ten pairs

Drive = tuple[str, ...]
"""Terms that a row must hold together."""


def drives(
    frequencies: Mapping[str, int], documents: int, *, budget: int = SCAN_BUDGET
) -> tuple[Drive, ...]:
    """What a row must hold to be scored: any of the rare terms, or two of the common ones.

    The other terms still score the candidates; they only stop adding some of their own. A word of a
    language's everyday use is in too many rows to visit them all, but not so a pair of them.

    Args:
        frequencies: how many of the documents hold each term of the question; a term at zero finds
            nothing and is left out.
        documents: how many documents there are; pairs are estimated as if terms were independent.
        budget: rows to be visited, counted with repeats.

    Returns:
        Single terms, rarest first (then by name), then pairs of what is too common, each as long as
        the budget lasts. The rarest term alone when nothing fits; whoever scans must stop at the
        budget. Empty when no term is known.
    """
    known = sorted((count, term) for term, count in frequencies.items() if count > 0)
    chosen: list[Drive] = []
    left = budget
    for count, term in known:
        left -= count
        if left < 0:
            left += count
            break
        chosen.append((term,))
    common = known[len(chosen) :]
    for cost, pair in _pairs(common[:PAIRED], documents):
        left -= cost
        if left < 0:
            break
        chosen.append(pair)
    return tuple(chosen) or tuple((term,) for _, term in known[:1])


def _pairs(common: Sequence[tuple[int, str]], documents: int) -> list[tuple[int, Drive]]:
    """Pairs of common terms with the rows they are expected in, fewest first."""
    found = [
        (round(a * b / max(documents, a, b)), (first, second))
        for (a, first), (b, second) in combinations(common, 2)
    ]
    return sorted(found)
