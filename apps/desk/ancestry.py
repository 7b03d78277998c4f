"""A small picture of where a memory came from and what came of it: boxes and lines, placed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

BOX_WIDTH, BOX_HEIGHT, GAP = 250, 54, 14
_WIDTH, _EDGE = 1000, 12
_LETTERS = 34  # Latin ones that a box holds on a line; wide ones count twice
_WIDE = 0x1100  # from here on most scripts are wide


@dataclass(frozen=True, slots=True)
class Box:
    """A memory by its first words and its space; without an id it may not be read."""

    words: str
    space: str
    id: UUID | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with the place of its upper left corner, in the picture's units."""

    box: Box
    x: float
    y: float
    line: str = ""
    main: bool = False

    @property
    def words(self) -> str:
        return shortened(self.box.words)

    @property
    def space(self) -> str:
        return shortened(self.box.space)

    @property
    def text_x(self) -> float:
        return self.x + 12

    @property
    def first_y(self) -> float:
        return self.y + 23

    @property
    def second_y(self) -> float:
        return self.y + 41


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Sources on the left, the memory in the middle, what was derived from it on the right."""

    middle: Box
    left: Sequence[Box]
    right: Sequence[Box]
    more_left: int = 0
    more_right: int = 0

    @property
    def alone(self) -> bool:
        """Whether there is nothing to draw lines to."""
        return not self.left and not self.right

    @property
    def height(self) -> int:
        rows = max(1, len(self.left), len(self.right))
        return rows * (BOX_HEIGHT + GAP) - GAP + 2 * _EDGE

    @property
    def box_width(self) -> int:
        return BOX_WIDTH

    @property
    def box_height(self) -> int:
        return BOX_HEIGHT

    def placed(self) -> Iterator[Placed]:
        """Every box; those at the sides with the path of their line to the middle."""
        middle_x, middle_y = (_WIDTH - BOX_WIDTH) / 2, (self.height - BOX_HEIGHT) / 2
        at = middle_y + BOX_HEIGHT / 2
        for box, y in self._column(self.left):
            line = _curve(BOX_WIDTH + _EDGE, y + BOX_HEIGHT / 2, middle_x, at)
            yield Placed(box, _EDGE, y, line)
        yield Placed(self.middle, middle_x, middle_y, main=True)
        for box, y in self._column(self.right):
            x = _WIDTH - BOX_WIDTH - _EDGE
            yield Placed(box, x, y, _curve(middle_x + BOX_WIDTH, at, x, y + BOX_HEIGHT / 2))

    def _column(self, boxes: Sequence[Box]) -> Iterator[tuple[Box, float]]:
        tall = len(boxes) * (BOX_HEIGHT + GAP) - GAP
        top = (self.height - tall) / 2
        for place, box in enumerate(boxes):
            yield box, top + place * (BOX_HEIGHT + GAP)


def shortened(text: str) -> str:
    """As much of `text` as a box holds, an ellipsis for the rest."""
    room = _LETTERS
    for place, char in enumerate(text):
        room -= 2 if ord(char) >= _WIDE else 1
        if room < 0:
            return text[: max(0, place - 1)].rstrip() + "…"
    return text


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    half = (x1 + x2) / 2
    return f"M{x1:.1f} {y1:.1f}C{half:.1f} {y1:.1f} {half:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
