"""Which memories fit a budget of tokens: whole ones, the best ranked first."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packing:
    """What was kept, as positions of the ranking from 0, and what it takes.

    Attributes:
        kept: positions in rank order.
        left_out: the other positions, in rank order.
        tokens: what the kept ones take together, with the frame around them.
    """

    kept: tuple[int, ...]
    left_out: tuple[int, ...]
    tokens: int


def pack(sizes: Sequence[int], *, budget: int | None, frame: int = 0) -> Packing:
    """Keep each memory, in rank order, that still fits whole.

    One that does not fit is left out and the next is tried: a long memory at the top must not
    empty the answer. A larger budget therefore never does worse by rank: the first memory in which
    two packings differ is kept by the larger budget.

    Args:
        sizes: tokens of each memory, best ranked first; 0 or more.
        budget: tokens there is room for; None keeps everything.
        frame: tokens around the memories, spent once if any is kept; 0 or more.

    Returns:
        A packing whose `tokens` never exceed the budget.

    Raises:
        ValueError: a size, the frame or the budget is negative.
    """
    if min((*sizes, frame, budget or 0)) < 0:
        raise ValueError("Sizes, frame and budget are counts of tokens.")
    kept: list[int] = []
    spent = frame
    for position, size in enumerate(sizes):
        if budget is None or spent + size <= budget:
            kept.append(position)
            spent += size
    held = set(kept)
    left_out = tuple(position for position in range(len(sizes)) if position not in held)
    return Packing(tuple(kept), left_out, spent if kept else 0)
