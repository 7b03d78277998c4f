"""What `manage.py promotion` shows: tables, CSV and curves. Codes and figures only, no text."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Column, Table

from apps.curation import curves
from apps.curation.core.decide import VERDICTS
from apps.curation.core.reliability import Bin, Rate
from apps.curation.core.replay import Replay
from apps.curation.core.sensitivity import Point
from apps.curation.services.quality import Quality
from apps.kernel import charts

_ID = 36  # characters of an id: cut short it leads nowhere
_RATES = {
    "false_promotion": "published without asking, retracted later",
    "false_hold": "held, published by hand later",
    "false_split": "joined by a reviewer, or merged into what was published",
    "false_merge": "split by a reviewer",
}


def replay(console: Console, found: Replay, *, show: int) -> None:
    """Counts before and after, what moved, and the first `show` flips."""
    table = Table("verdict", "stored", "replayed", title=f"{found.decisions} decisions")
    for verdict in VERDICTS:
        table.add_row(verdict, str(found.before.get(verdict, 0)), str(found.after.get(verdict, 0)))
    console.print(table)
    if not found.flips:
        console.print("Nothing flips.")
        return
    moved = Table("from", "to", "count", title="What flips")
    for (before, after), count in found.moved.items():
        moved.add_row(before, after, str(count))
    console.print(moved)
    each = Table(Column("cluster", min_width=_ID), "from", "to", "reasons")
    for flip in found.flips[:show]:
        told = f"{', '.join(flip.recorded.reasons)} -> {', '.join(flip.now.reasons)}"
        each.add_row(flip.recorded.cluster, flip.recorded.verdict, flip.now.verdict, told)
    console.print(each)
    if len(found.flips) > show:
        console.print(f"{len(found.flips) - show} more; --csv writes all of them.")


def write_flips(path: Path, found: Replay) -> None:
    """A line per flip."""
    columns = ("cluster", "from", "to", "reasons", "reasons_now")
    rows = (
        (
            flip.recorded.cluster,
            flip.recorded.verdict,
            flip.now.verdict,
            " ".join(flip.recorded.reasons),
            " ".join(flip.now.reasons),
        )
        for flip in found.flips
    )
    _write_rows(path, columns, rows)


def sweep(
    console: Console, name: str, points: Sequence[Point], *, decisions: int, labelled: int
) -> None:
    """A row per value."""
    title = f"{name}: {decisions} decisions, {labelled} of them with a known answer"
    table = Table("value", "promoted", "reviewed", "held", title=title, box=box.SIMPLE)
    for heading in ("precision", "recall", "review precision", "covered"):
        table.add_column(heading, justify="right")
    for point in points:
        counts = (str(point.verdicts.get(verdict, 0)) for verdict in VERDICTS[:3])
        shares = (point.precision, point.recall, point.review_precision, point.covered)
        table.add_row(f"{point.value:g}", *counts, *(percent(share) for share in shares))
    console.print(table)
    if not labelled:
        console.print("No reviewer decided on any of these yet: precision and recall are absent.")


def write_points(path: Path, name: str, points: Sequence[Point]) -> None:
    """A line per value; absent shares are empty."""
    columns = (name, *VERDICTS, "precision", "recall", "review_precision", "covered")
    rows = (
        (
            point.value,
            *(point.verdicts.get(verdict, 0) for verdict in VERDICTS),
            point.precision,
            point.recall,
            point.review_precision,
            point.covered,
        )
        for point in points
    )
    _write_rows(path, columns, rows)


def sweep_chart(name: str, points: Sequence[Point]) -> str:
    """An SVG of the shares of verdicts, precision and recall."""
    return charts.document(curves.of_sweep(name, points))


def calibration(console: Console, found: Quality) -> None:
    """Rates, the reliability curve, and proposed thresholds."""
    console.print(f"{found.labels} judged by people, {found.worthy} of them worth sharing.")
    rates = Table("rate", "count", "of", "share", "is")
    for name, words in _RATES.items():
        rates.add_row(name, *_rate(getattr(found.rates, name)), words)
    console.print(rates)
    bins = Table("self-evaluation", "judged", "mean score", "worth sharing")
    for one in found.self_evaluation:
        shares = (percent(one.mean_score), percent(one.share_worthy))
        bins.add_row(f"{one.low:.1f} to {one.high:.1f}", str(one.count), *shares)
    console.print(bins)
    console.print(f"Mean gap between score and answer: {percent(found.calibration_error)}")
    _proposals(console, found)


def _proposals(console: Console, found: Quality) -> None:
    table = Table(
        Column("threshold", no_wrap=True), "now", "proposed", "goal", "precision", "recall",
        "judged", box=box.SIMPLE,
    )  # fmt: skip
    for one in found.proposals:
        proposed = "too few or too mixed" if one.proposed is None else f"{one.proposed:.2f}"
        figures = (percent(one.goal), percent(one.precision), percent(one.recall))
        table.add_row(one.name, f"{one.current:.2f}", proposed, *figures, str(one.labels))
    console.print(table)
    if any(one.proposed is not None for one in found.proposals):
        console.print("Proposed, not applied: try one with `promotion replay --set`.")


def write_bins(path: Path, bins: Sequence[Bin]) -> None:
    """A line per bin of the reliability curve."""
    columns = ("low", "high", "count", "mean_score", "share_worthy")
    rows = ((one.low, one.high, one.count, one.mean_score, one.share_worthy) for one in bins)
    _write_rows(path, columns, rows)


def reliability_chart(bins: Sequence[Bin]) -> str:
    """An SVG of the reliability curve beside the ideal one."""
    return charts.document(curves.of_reliability(bins))


def write(path: Path, document: str) -> None:
    """Write a drawn chart."""
    path.write_text(document, encoding="utf-8")


def percent(share: float | None) -> str:
    """A share as a person reads it; a dash when it is absent."""
    return "–" if share is None else f"{100 * share:.1f} %"


def _rate(rate: Rate) -> tuple[str, str, str]:
    return str(rate.count), str(rate.of), percent(rate.share)


def _write_rows(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
