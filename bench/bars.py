"""Horizontal bars as SVG: a time at p50, and how far p95 lies beyond it. No library needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 860, 340, 760, 50, 22
_OWN, _OTHER = "#1f6feb", "#8b949e"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `own` ones stand out."""

    label: str
    p50: float
    p95: float
    own: bool = True


def chart(*, title: str, bars: Sequence[Bar]) -> str:
    """An SVG document; the longest p95 fills the width."""
    longest = max((bar.p95 for bar in bars), default=1.0) or 1.0
    height = _TOP + _ROW * len(bars) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        '     font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="20" y="28" font-size="15">{escape(title)}</text>',
    ]
    for place, bar in enumerate(bars):
        parts += _bar(bar, _TOP + _ROW * place, (_RIGHT - _LEFT) / longest)
    return "\n".join([*parts, "</svg>", ""])


def _bar(bar: Bar, y: int, scale: float) -> Iterator[str]:
    colour = _OWN if bar.own else _OTHER
    middle = y + _ROW / 2
    near, far = _LEFT + bar.p50 * scale, _LEFT + bar.p95 * scale
    yield f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>'
    yield f'<rect x="{_LEFT}" y="{y + 4}" width="{near - _LEFT:.1f}" height="14" fill="{colour}"/>'
    yield f'<line x1="{near:.1f}" y1="{middle}" x2="{far:.1f}" y2="{middle}" stroke="{colour}"/>'
    yield f'<text x="{far + 6:.1f}" y="{middle + 4}">{bar.p50:.1f} / {bar.p95:.1f}</text>'
