"""Backlogs in turns: work of one kind, however much there is, keeps no other kind waiting long.

A task that works off a backlog does so for some seconds and then queues itself anew, behind what
came meanwhile. So a million memories to read delay a seal of the audit log by seconds, not hours.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

from apps.kernel import jobs

TURN_SECONDS = 5.0  # after which no further step begins
_LAPSE_SECONDS = 60  # until the place of a killed worker is free again


def take_turn(task: str, step: Callable[[], object], *, at_once: int = 1) -> None:
    """Work until nothing is left or the turn is over; then `task` is queued for what is left.

    Ends at once where as many work at this backlog already: beat may send more than are needed.

    Args:
        task: name of the calling task.
        step: does one batch, safe beside others of its kind; falsy when nothing was due.
        at_once: how many workers may take a turn at the same time. A step of over a minute may let
            one more begin.
    """
    with _place(task, at_once) as held:
        if held is None or not _work(step, held):
            return
    jobs.enqueue(task)


def _work(step: Callable[[], object], held: str) -> bool:
    """Whether something is left."""
    end = time.monotonic() + TURN_SECONDS
    while step():
        if time.monotonic() >= end:
            return True
        cache.touch(held, _LAPSE_SECONDS)
    return False


@contextmanager
def _place(task: str, at_once: int) -> Iterator[str | None]:
    """One of the places at a backlog; None where all are taken."""
    names = (f"turn:{task}:{place}" for place in range(at_once))
    held = next((name for name in names if cache.add(name, 1, _LAPSE_SECONDS)), None)
    try:
        yield held
    finally:
        if held is not None:
            cache.delete(held)
