"""Waiting no longer than one may, whatever the other side does."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], *, name: str, slots: threading.Semaphore) -> T:
    """What `work` returns or raises, if it does so in time.

    A client's own time-out begins anew with every byte: a service that drips never meets it. The
    thread that is left behind ends with its connection, keeps no process alive, and holds its slot
    until then, so that a service that hangs cannot fill the process with threads.

    Args:
        seconds: positive.
        work: no arguments; runs in a thread of its own.
        name: of the thread.
        slots: how many may run at a time.

    Raises:
        TimeoutError: it took longer, or every slot is taken.
    """
    if not slots.acquire(blocking=False):
        raise TimeoutError
    answers: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(_outcome(work))
        finally:
            slots.release()

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        return answers.get(timeout=seconds)()
    except queue.Empty:
        raise TimeoutError from None


def _outcome(work: Callable[[], T]) -> Callable[[], T]:
    """What came of it, to be taken in the thread that waits."""
    try:
        found = work()
    except Exception as error:  # noqa: BLE001  raised again where somebody waits for it
        failure = error

        def fail() -> T:
            raise failure

        return fail
    return lambda: found
