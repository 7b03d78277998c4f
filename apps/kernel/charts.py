"""A small line chart for shares in [0, 1], as SVG. No plotting library needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 700, 40, 300
_STEPS = 5  # spaces between the horizontal guides
_TICKS = 12  # more labels than these would overlap


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: `points` are (x, share), by rising x."""

    label: str
    points: tuple[tuple[float, float], ...]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at a place along an axis, in the chart's units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line as it is drawn: `points` of a polyline, and where its legend begins."""

    line: Line
    points: str
    legend_x: int
    legend_y: int

    @property
    def dashes(self) -> str:
        """Value of stroke-dasharray."""
        return "6 4" if self.line.dashed else "none"


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything placed, for whatever draws it: `guides` down, `ticks` across."""

    title: str
    across: str
    guides: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    curves: tuple[Curve, ...]


def layout(*, title: str, across: str, lines: Sequence[Line]) -> Chart:
    """Place `lines`, a legend below, and `across` as the name of the axis."""
    places = sorted({x for line in lines for x, _ in line.points})
    low, high = (places[0], places[-1]) if places else (0.0, 1.0)
    every = 1 + max(0, len(places) - 1) // _TICKS
    shares = [step / _STEPS for step in range(_STEPS + 1)]
    return Chart(
        title,
        across,
        tuple(Mark(_down(share), f"{100 * share:.0f} %") for share in shares),
        tuple(Mark(_across(x, low, high), f"{x:.4g}") for x in places[::every]),
        tuple(_curve(line, place, low, high) for place, line in enumerate(lines)),
    )


def chart(*, title: str, across: str, lines: Sequence[Line]) -> str:
    """An SVG document of `lines`."""
    return document(layout(title=title, across=across, lines=lines))


def document(drawn: Chart) -> str:
    """The chart as an SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        '     font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 22, drawn.title, size=15),
        *(_guide(mark) for mark in drawn.guides),
        *(_text(mark.at, BOTTOM + 18, mark.label, anchor="middle") for mark in drawn.ticks),
        _text((LEFT + RIGHT) / 2, BOTTOM + 38, drawn.across, anchor="middle"),
    ]
    for curve in drawn.curves:
        parts += [f'<polyline points="{curve.points}" {_stroke(curve)}/>', _legend(curve)]
    return "\n".join([*parts, "</svg>", ""])


def _curve(line: Line, place: int, low: float, high: float) -> Curve:
    points = " ".join(f"{_across(x, low, high):.1f},{_down(y):.1f}" for x, y in line.points)
    return Curve(line, points, LEFT + 320 * (place % 2), BOTTOM + 62 + 20 * (place // 2))


def _guide(mark: Mark) -> str:
    y = f"{mark.at:.1f}"
    rule = f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" stroke="#dddddd"/>'
    return rule + _text(LEFT - 8, mark.at + 4, mark.label, anchor="end")


def _legend(curve: Curve) -> str:
    x, y = curve.legend_x, curve.legend_y
    sample = f'<line x1="{x}" y1="{y - 4}" x2="{x + 30}" y2="{y - 4}" {_stroke(curve)}/>'
    return sample + _text(x + 38, y, curve.line.label)


def _stroke(curve: Curve) -> str:
    colour = escape(curve.line.colour)
    return f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{curve.dashes}"'


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(words)}</text>"
    )


def _across(x: float, low: float, high: float) -> float:
    return LEFT + (RIGHT - LEFT) * ((x - low) / (high - low) if high > low else 0.5)


def _down(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share
