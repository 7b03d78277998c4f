"""Which words of a question drive the scan, so that a common word never visits every row."""

from collections.abc import Mapping

SCAN_BUDGET = 20_000  # rows the driving words may visit together


def driving_terms(frequencies: Mapping[str, int], *, budget: int = SCAN_BUDGET) -> tuple[str, ...]:
    """The question's rarest terms, as many as the scan can afford.

    The other terms still score the candidates; they only stop adding some of their own.

    Args:
        frequencies: how many visible documents hold each term of the question; a term at zero
            finds nothing and is left out.
        budget: documents the terms may match together, counted with repeats.

    Returns:
        Terms, rarest first (then by name), within the budget; the rarest always, even alone above
        it. Empty when no term is known.
    """
    known = sorted((count, term) for term, count in frequencies.items() if count > 0)
    chosen: list[str] = []
    visited = 0
    for count, term in known:
        visited += count
        if chosen and visited > budget:
            break
        chosen.append(term)
    return tuple(chosen)
