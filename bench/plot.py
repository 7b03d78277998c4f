"""A small line chart as SVG, for shares in [0, 1] over a threshold. No plotting library needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 700, 40, 300
_STEPS = 5  # spaces between the horizontal guides


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: `points` are (threshold, share), by rising threshold."""

    label: str
    points: tuple[tuple[float, float], ...]
    colour: str
    dashed: bool = False


def chart(*, title: str, across: str, lines: Sequence[Line]) -> str:
    """An SVG document with all `lines`, a legend below, and `across` named under the axis."""
    ticks = sorted({x for line in lines for x, _ in line.points})
    low, high = (ticks[0], ticks[-1]) if ticks else (0.0, 1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        '     font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 22, title, size=15),
        *(_guide(step / _STEPS) for step in range(_STEPS + 1)),
        *(_text(_across(x, low, high), _BOTTOM + 18, f"{x:.2f}", anchor="middle") for x in ticks),
        _text((_LEFT + _RIGHT) / 2, _BOTTOM + 38, across, anchor="middle"),
    ]
    for place, line in enumerate(lines):
        parts += [_curve(line, low, high), _legend(line, place)]
    return "\n".join([*parts, "</svg>", ""])


def _guide(share: float) -> str:
    y = _down(share)
    rule = f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>'
    return rule + _text(_LEFT - 8, y + 4, f"{100 * share:.0f} %", anchor="end")


def _curve(line: Line, low: float, high: float) -> str:
    points = " ".join(f"{_across(x, low, high):.1f},{_down(y):.1f}" for x, y in line.points)
    return f'<polyline points="{points}" {_stroke(line)}/>'


def _legend(line: Line, place: int) -> str:
    x, y = _LEFT + 320 * (place % 2), _BOTTOM + 62 + 20 * (place // 2)
    sample = f'<line x1="{x}" y1="{y - 4}" x2="{x + 30}" y2="{y - 4}" {_stroke(line)}/>'
    return sample + _text(x + 38, y, line.label)


def _stroke(line: Line) -> str:
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    return f'fill="none" stroke="{line.colour}" stroke-width="2"{dashes}'


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(words)}</text>"
    )


def _across(x: float, low: float, high: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * ((x - low) / (high - low) if high > low else 0.5)


def _down(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share
