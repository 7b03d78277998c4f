"""Fewer results that say the same: maximal marginal relevance over a ranking."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a ranking.

    Attributes:
        relevance: score, higher is better, of any scale above 0.
        vector: of unit length, all of one model; None when there is none yet.
        words: equal for texts that say the same in the same words.
    """

    relevance: float
    vector: Sequence[float] | None
    words: Hashable


@dataclass(frozen=True, slots=True)
class Pick:
    """A place that was taken, and the places that only repeat its words; positions from 0."""

    position: int
    repeats: tuple[int, ...] = ()


def pick(items: Sequence[Item], *, diversity: float, limit: int) -> tuple[Pick, ...]:
    """Take, one by one, what is relevant and unlike what was taken before.

    The next is the one with the highest (1 - diversity) * relevance - diversity * likeness, where
    relevance is a share of the best one's and likeness the highest cosine to anything taken, not
    below 0. Equal words are folded into the best ranked of them; what is merely close in meaning
    only sinks, because a model cannot tell "pump A" from "pump B". Equal values keep their order.

    Args:
        items: best ranked first.
        diversity: 0 leaves the ranking as it is, repeats included; 1 asks for unlike ones only.
        limit: most places taken; 0 or more.

    Returns:
        Places in their new order; the first is always the best ranked.

    Raises:
        ValueError: `diversity` is outside [0, 1].

    Source:
        Carbonell & Goldstein 1998, "The use of MMR, diversity-based reranking".
    """
    if not 0 <= diversity <= 1:
        raise ValueError(f"Diversity lies between 0 and 1, not {diversity}.")
    if diversity == 0:
        return tuple(Pick(position) for position in range(min(limit, len(items))))
    groups: dict[Hashable, list[int]] = {}
    for position, item in enumerate(items):
        groups.setdefault(item.words, []).append(position)
    unlike = [positions[0] for positions in groups.values()]
    order = _mmr([items[position] for position in unlike], diversity, limit)
    taken = (unlike[place] for place in order)
    return tuple(Pick(place, tuple(groups[items[place].words][1:])) for place in taken)


def _mmr(items: Sequence[Item], diversity: float, limit: int) -> list[int]:
    relevance = _shares([item.relevance for item in items])
    likeness = _likeness(items)
    closest = np.zeros(len(items))
    order: list[int] = []
    waiting = list(range(len(items)))
    while waiting and len(order) < limit:
        values = (1 - diversity) * relevance[waiting] - diversity * closest[waiting]
        place = waiting.pop(int(np.argmax(np.round(values, 12)))) if order else waiting.pop(0)
        order.append(place)
        closest = np.maximum(closest, likeness[place])
    return order


def _shares(scores: Sequence[float]) -> Matrix:
    best = max(scores, default=0.0)
    return np.asarray(scores, dtype=np.float64) / best if best > 0 else np.zeros(len(scores))


def _likeness(items: Sequence[Item]) -> Matrix:
    """Cosines, 0 where a vector is missing."""
    length = max((len(item.vector) for item in items if item.vector is not None), default=1)
    rows = np.zeros((len(items), length))
    for place, item in enumerate(items):
        if item.vector is not None:
            rows[place] = item.vector
    likeness: Matrix = rows @ rows.T
    return likeness
