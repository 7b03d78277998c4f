"""Figures as a chart and as the table beside it: one source for both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Tint = Literal["accent", "good", "bad", "warn", "quiet"]
Number = int | float


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars or one line: a value for each label of its panel."""

    label: Any  # may be a translation made when it is shown
    values: tuple[Number, ...]
    tint: Tint = "accent"


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its table.

    Attributes:
        key: names it in the page; letters and hyphens.
        title: what it tells.
        across: what the labels are, the head of the table's first column.
        labels: one per value of each series.
        series: drawn on top of each other when `stacked`.
        kind: bars or lines.
        flat: bars lie on their side, for labels that are words.
        unit: after every number, as " %".
    """

    key: str
    title: Any
    across: Any
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: Literal["bar", "line"] = "bar"
    stacked: bool = False
    flat: bool = False
    unit: str = ""

    @property
    def rows(self) -> Iterator[tuple[str, tuple[Number, ...]]]:
        """Label and values, in the order of the labels; times newest first."""
        values = zip(*(one.values for one in self.series), strict=True)
        pairs = list(zip(self.labels, values, strict=True))
        yield from pairs if self.flat else reversed(pairs)

    @property
    def script_id(self) -> str:
        """Where the page keeps `data`."""
        return f"chart-{self.key}"

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(any(one.values) for one in self.series)

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "kind": self.kind,
            "stacked": self.stacked,
            "flat": self.flat,
            "unit": self.unit,
            "labels": list(self.labels),
            "series": [
                {"label": str(one.label), "values": list(one.values), "tint": one.tint}
                for one in self.series
            ],
        }
