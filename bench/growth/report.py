"""The tables and the chart of a measured growth."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import log10
from typing import Any

from bench import plot

RUNS = ("first", "night")

Figures = Mapping[str, Any]


def markdown(figures: Figures) -> str:
    """A row a run and size, then the seconds of each step."""
    sizes = figures["sizes"]
    return "\n".join([*_runs(sizes), *(line for run in RUNS for line in _steps(sizes, run))])


def svg(figures: Figures) -> str:
    """Seconds over memories of both runs, and of the first run's steps."""
    sizes = figures["sizes"]
    names = _names(sizes, "first")
    lines = {
        f"{run} run": [(float(size), found[run]["seconds"]) for size, found in sizes.items()]
        for run in RUNS
    }
    for name in names:
        lines[name] = [
            (float(size), found["first"]["steps"].get(name, 0.0)) for size, found in sizes.items()
        ]
    return plot.loglog(title="Seconds of a curation run", across="memories", unit="s", lines=lines)


def growth(seconds: Mapping[str, float]) -> dict[str, float]:
    """By size: how many times longer than at the size before, scaled to ten times the memories."""
    return {
        more: round((seconds[more] / seconds[less]) ** (1 / log10(int(more) / int(less))), 1)
        for less, more in pairwise(seconds)
        if int(more) > int(less) and seconds[less] > 0
    }


def _runs(sizes: Figures) -> Iterator[str]:
    yield (
        "| memories | run | seconds | growth per 10x | of it CPU | ms each | peak MiB | clusters |"
        " decisions |"
    )
    yield "|---" * 9 + "|"
    for run in RUNS:
        times = growth({size: found[run]["seconds"] for size, found in sizes.items()})
        for size, found in sizes.items():
            one = found[run]
            each = 1000 * one["seconds"] / max(one["memories"], 1)
            yield (
                f"| {int(size):,} | {run} | {one['seconds']:.1f} | {times.get(size, '–')} |"
                f" {one['cpu_seconds']:.1f} | {each:.2f} | {one['peak_mb']:.0f} |"
                f" {one['clusters']:,} | {one['decisions']:,} |"
            )


def _steps(sizes: Figures, run: str) -> Iterator[str]:
    yield ""
    yield f"| seconds of the {run} run | {' | '.join(f'{int(size):,}' for size in sizes)} |"
    yield "|---" * (1 + len(sizes)) + "|"
    for name in _names(sizes, run):
        cells = [f"{found[run]['steps'].get(name, 0):.1f}" for found in sizes.values()]
        yield f"| {name} | {' | '.join(cells)} |"


def _names(sizes: Figures, run: str) -> list[str]:
    return list(dict.fromkeys(name for found in sizes.values() for name in found[run]["steps"]))
