"""How far a run is and how long it may still take, from the steps it has behind it."""

from collections.abc import Mapping

STEPS = (
    "gathering", "screening", "canonical_claim", "searching", "grouping", "same_fact", "self_eval",
    "rereading", "assessing", "writing",
)  # fmt: skip
"""Every step of a run in its order; without a language model those of asking are skipped."""

ASKING = frozenset({"canonical_claim", "same_fact", "self_eval", "rereading"})
_TYPICAL: Mapping[str, float] = {
    "gathering": 4, "screening": 34, "searching": 29, "grouping": 16, "assessing": 4, "writing": 13,
    "canonical_claim": 30, "same_fact": 100, "self_eval": 30, "rereading": 20,
}  # fmt: skip
_LEAST = 0.01  # share of a step that took no time at all last time


def weights(seconds: Mapping[str, float], *, asking: bool) -> dict[str, float]:
    """Share of each step in a whole run, by what the steps took last time.

    Args:
        seconds: by step, of the last run of this kind; empty when there was none.
        asking: whether a language model is asked.

    Returns:
        Shares by step, in the order of the steps; their sum is 1.
    """
    steps = [step for step in STEPS if asking or step not in ASKING]
    known = seconds or _TYPICAL
    whole = sum(known.get(step, 0.0) for step in steps)
    if whole <= 0:
        return {step: 1 / len(steps) for step in steps}
    least = _LEAST * whole
    raw = {step: max(known.get(step, 0.0), least) for step in steps}
    return {step: value / sum(raw.values()) for step, value in raw.items()}


def share(weighed: Mapping[str, float], step: str, done: int, total: int) -> float:
    """Share of the run that is done, in [0, 1]; `done` of `total` within `step`.

    A step that has no weight counts as done with everything before it not known: 0.
    """
    if step not in weighed:
        return 0.0
    steps = list(weighed)
    before = sum(weighed[one] for one in steps[: steps.index(step)])
    inside = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
    return min(1.0, before + weighed[step] * inside)


def seconds_left(elapsed: float, done: float) -> float | None:
    """Seconds until the end at the pace so far; None before anything can be told.

    Args:
        elapsed: seconds since the start.
        done: share that is done, in [0, 1].
    """
    if done < _LEAST or elapsed <= 0:
        return None
    return max(0.0, elapsed * (1 - done) / done)
