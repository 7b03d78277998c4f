"""What reviewers said of notes: that they state one fact, or not. The later word counts.

A ruling stands above likeness, a model and chance, below the certain vetoes: what differs in a
number is not made the same by anybody's word.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Pair = tuple[int, int]
Said = Literal["together", "apart"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A reviewer's word on notes, by their ids.

    Attributes:
        number: a later ruling has a higher one.
        said: `together`, all of both sides state one fact; or `apart`, no note of one side states
            what one of the other does. Of notes on the same side `apart` says nothing.
        sides: the notes.
    """

    number: int
    said: Said
    sides: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Ties:
    """What all rulings come to.

    Attributes:
        together: items that state one fact, two or more each, sorted.
        apart: pairs (low, high) that must not share a group.
    """

    together: tuple[tuple[int, ...], ...] = ()
    apart: frozenset[Pair] = frozenset()


def settle(
    rulings: Iterable[Ruling], place: Mapping[int, int], *, vetoed: Callable[[int, int], bool]
) -> Ties:
    """Bring rulings to one answer: the newest first, an older one where it contradicts none.

    Args:
        rulings: in any order, with distinct numbers.
        place: item by note id; several notes may be one item. Notes without one are left out.
        vetoed: whether a certain rule keeps two items (low, high) apart.
    """
    settling = _Settling(vetoed)
    for ruling in sorted(rulings, key=lambda ruling: -ruling.number):
        one, two = ({place[note] for note in side if note in place} for side in ruling.sides)
        if ruling.said == "apart":
            settling.part(one, two)
        else:
            settling.unite(one | two)
    return settling.ties()


class _Settling:
    def __init__(self, vetoed: Callable[[int, int], bool]) -> None:
        self._vetoed = vetoed
        self._group: dict[int, set[int]] = {}
        self._apart: set[Pair] = set()

    def part(self, one: set[int], two: set[int]) -> None:
        for a in one:
            self._apart.update(_low_high(a, b) for b in two if b not in self._of(a))

    def unite(self, items: set[int]) -> None:
        ordered = sorted(items)
        for position, a in enumerate(ordered):
            for b in ordered[:position]:
                if b not in self._of(a) and not self._hindered(a, b):
                    self._join(a, b)

    def ties(self) -> Ties:
        groups = {tuple(sorted(group)) for group in self._group.values() if len(group) > 1}
        return Ties(tuple(sorted(groups)), frozenset(self._apart))

    def _of(self, item: int) -> set[int]:
        return self._group.setdefault(item, {item})

    def _hindered(self, a: int, b: int) -> bool:
        pairs = (_low_high(x, y) for x in self._of(a) for y in self._of(b))
        return any(pair in self._apart or self._vetoed(*pair) for pair in pairs)

    def _join(self, a: int, b: int) -> None:
        united = self._of(a) | self._of(b)
        for item in united:
            self._group[item] = united


def partition(items: int, together: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Items 0..items-1, those that belong together as one part, in the order of the first."""
    first = {group[0]: group for group in together}
    later = {item for group in first.values() for item in group[1:]}
    for item in range(items):
        if item not in later:
            yield first.get(item, (item,))


def _low_high(a: int, b: int) -> Pair:
    return min(a, b), max(a, b)
