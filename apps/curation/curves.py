"""Charts of sweeps and of reliability: the command writes them, the desk shows them."""

from collections.abc import Callable, Sequence

from apps.curation.core.decide import Verdict
from apps.curation.core.reliability import Bin
from apps.curation.core.sensitivity import Point
from apps.kernel.charts import Chart, Line, layout

_BLUE, _RED, _GREEN, _GREY = "#2f6fd0", "#c2410c", "#15803d", "#8a8f98"


def of_sweep(name: str, points: Sequence[Point]) -> Chart:
    """Share published and reviewed over a policy value; precision and recall where known."""

    def line(
        label: str, share: Callable[[Point], float | None], colour: str, *, dashed: bool = False
    ) -> Line:
        drawn = ((point.value, share(point)) for point in points)
        known = tuple((value, found) for value, found in drawn if found is not None)
        return Line(label, known, colour, dashed=dashed)

    lines = (
        line("published", lambda point: _share(point, "promote"), _BLUE),
        line("sent to a reviewer", lambda point: _share(point, "review"), _GREY),
        line("precision of what is published", lambda point: point.precision, _GREEN, dashed=True),
        line("recall of what is published", lambda point: point.recall, _RED, dashed=True),
    )
    shown = [one for one in lines if one.points]
    return layout(title="What the threshold does", across=name, lines=shown)


def of_reliability(bins: Sequence[Bin]) -> Chart:
    """Share found worth sharing over the mean score, beside scores that could be trusted."""
    known = tuple(
        (one.mean_score, one.share_worthy)
        for one in bins
        if one.mean_score is not None and one.share_worthy is not None
    )
    ideal = Line("a score that can be trusted", ((0.0, 0.0), (1.0, 1.0)), _GREY, dashed=True)
    measured = Line("found worth sharing", known, _BLUE)
    return layout(
        title="Reliability of self-evaluation", across="mean score", lines=[measured, ideal]
    )


def _share(point: Point, verdict: Verdict) -> float | None:
    total = sum(point.verdicts.values())
    return point.verdicts.get(verdict, 0) / total if total else None
