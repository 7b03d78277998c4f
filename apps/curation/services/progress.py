"""Where a run is: told to its row as it goes, where API, desk and command line read it.

Between two reports a run may be told to stop. Reports are written outside of transactions, or
nobody could see them and whoever cancels would wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from apps.curation.core import pace
from apps.curation.models import CurationRun, RunState
from apps.kernel import clock

Progress = Callable[[str, int, int], None]
"""Takes the step, what is done in it, and what there is to do in it; 0 where it is not counted."""

_EVERY = 0.5  # seconds between two reports of one step


class CancelledError(Exception):
    """Somebody asked the run to stop."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Tells nobody."""


class Meter:
    """Reports one run's progress, and measures its steps.

    Attributes:
        seconds: by step, so far.
    """

    def __init__(self, run: CurationRun, *, asking: bool, follow: Progress = silent) -> None:
        """Measure from now on.

        Args:
            asking: a language model is asked, in steps of its own.
            follow: told, too, of what is reported.
        """
        self._run = run
        self._follow = follow
        self._weights = pace.weights(_last(run), asking=asking)
        self._share = 0.0
        self._step, self._since, self._told = "", monotonic(), 0.0
        self.seconds: dict[str, float] = {}

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Tell it.

        Raises:
            CancelledError: the run is to stop here.
        """
        now = monotonic()
        if step == self._step and done < total and now - self._told < _EVERY:
            return
        self._close(now)
        self._step, self._told = step, now
        self._share = max(self._share, pace.share(self._weights, step, done, total))
        self._write(done, total)
        self._follow(step, done, total)

    def under(self, step: str) -> Progress:
        """Reports everything as parts of one step."""
        return lambda _, done, total: self(step, done, total)

    def finish(self) -> dict[str, float]:
        """Seconds by step, of the whole run."""
        self._close(monotonic())
        return {step: round(value, 3) for step, value in self.seconds.items()}

    def _close(self, now: float) -> None:
        if self._step:
            self.seconds[self._step] = self.seconds.get(self._step, 0.0) + now - self._since
        self._since = now

    def _write(self, done: int, total: int) -> None:
        run = self._run
        run.step, run.beat_at = self._step, clock.now()
        run.progress = {"done": done, "total": total, "share": round(self._share, 4)}
        run.save(update_fields=["step", "beat_at", "progress"])
        asked = CurationRun.objects.filter(pk=run.pk).values_list("cancel_asked_at", flat=True)
        if asked.first() is not None:
            raise CancelledError


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands, for whoever asks.

    Attributes:
        done: of `total` in `step`; both 0 where it is not counted.
        percent: of the whole run, in [0, 100].
        seconds_left: at the pace so far; None where nothing can be told.
    """

    step: str
    done: int
    total: int
    percent: float
    seconds_left: int | None


def of(run: CurationRun) -> Standing:
    """What the run last told."""
    if run.state not in {RunState.QUEUED, RunState.RUNNING}:
        return Standing("", 0, 0, 100.0 if run.state == RunState.DONE else _percent(run), None)
    told: dict[str, Any] = run.progress
    left = None
    if run.started_at is not None and run.beat_at is not None:
        elapsed = (run.beat_at - run.started_at).total_seconds()
        left = pace.seconds_left(elapsed, told.get("share", 0.0))
    return Standing(
        step=run.step,
        done=told.get("done", 0),
        total=told.get("total", 0),
        percent=_percent(run),
        seconds_left=None if left is None else round(left),
    )


def _percent(run: CurationRun) -> float:
    return round(100 * float(run.progress.get("share", 0.0)), 1)


def _last(run: CurationRun) -> dict[str, float]:
    """What the steps took in the last run that came to its end."""
    done = CurationRun.objects.filter(organisation=run.organisation_id, state=RunState.DONE)
    counts = done.order_by("-id").values_list("counts", flat=True).first() or {}
    found: dict[str, float] = counts.get("seconds", {})
    return found
