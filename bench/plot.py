"""A line chart with two logarithmic axes as SVG: a line of slope 1 grows linearly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 560, 50, 360
_COLOURS = (
    "#111827", "#1f6feb", "#c2410c", "#15803d", "#7c3aed", "#b45309", "#0891b2", "#be185d",
    "#4b5563",
)  # fmt: skip

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Powers of ten from `low` to `high`, drawn from `start` to `end` in pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        logs = [log10(value) for value in values]
        low = floor(min(logs))
        return cls(low, max(low + 1, ceil(max(logs))), start, end)

    def at(self, value: float) -> float:
        along = (log10(value) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * along

    def powers(self) -> Iterator[float]:
        return (10.0**power for power in range(self.low, self.high + 1))


def loglog(*, title: str, across: str, unit: str, lines: Mapping[str, Points]) -> str:
    """An SVG document.

    Args:
        across: name of the horizontal axis.
        unit: of the vertical axis.
        lines: points (x, y) by label; what is not above zero cannot be drawn and is left out.
    """
    drawn = {name: [(x, y) for x, y in points if x > 0 and y > 0] for name, points in lines.items()}
    every = [point for points in drawn.values() for point in points] or [(1.0, 1.0)]
    horizontal = _Axis.over([x for x, _ in every], _LEFT, _RIGHT)
    vertical = _Axis.over([y for _, y in every], _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        '     font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 28, title),
        *(_guide(vertical.at(y), f"{y:g} {unit}") for y in vertical.powers()),
        *(_text(horizontal.at(x), _BOTTOM + 20, f"{x:,.0f}") for x in horizontal.powers()),
        _text(_RIGHT, _BOTTOM + 44, across),
    ]
    for place, (name, points) in enumerate(drawn.items()):
        places = " ".join(f"{horizontal.at(x):.1f},{vertical.at(y):.1f}" for x, y in points)
        parts += _line(name, places, place)
    return "\n".join([*parts, "</svg>", ""])


def _line(name: str, places: str, number: int) -> Iterator[str]:
    stroke = f'fill="none" stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2"'
    y = _TOP + 20 + 20 * number
    yield f'<polyline points="{places}" {stroke}/>'
    yield f'<line x1="{_RIGHT + 15}" y1="{y - 4}" x2="{_RIGHT + 40}" y2="{y - 4}" {stroke}/>'
    yield f'<text x="{_RIGHT + 46}" y="{y}">{escape(name)}</text>'


def _guide(y: float, label: str) -> str:
    rule = f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>'
    return rule + f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'


def _text(x: float, y: float, words: str) -> str:
    anchor = "start" if x == _LEFT and y < _TOP else "middle"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
