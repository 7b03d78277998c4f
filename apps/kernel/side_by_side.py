"""Reading with several database connections at once, for long steps that only wait for answers."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = min(4, os.cpu_count() or 1)


def mapped(work: Callable[[T], R], items: Iterable[T], *, at_once: int = AT_ONCE) -> Iterator[R]:
    """What `work` makes of each item, in their order, with at most `at_once` in hand or waiting.

    Every item has a thread with a connection of its own and the caller's context. Inside a
    transaction nothing runs beside: another connection would not see what was written there.

    Raises:
        Exception: what `work` raised for the first item in order that failed; the rest is left.
    """
    if at_once < 2 or connection.in_atomic_block:
        yield from map(work, items)
        return
    coming = iter(items)
    with ThreadPoolExecutor(at_once) as pool:
        started: deque[Future[R]] = deque()

        def start(count: int) -> None:
            for item in islice(coming, count):
                started.append(pool.submit(copy_context().run, _apart, work, item))

        try:
            start(at_once)
            while started:
                done = started.popleft().result()
                start(1)
                yield done
        finally:
            for future in started:
                future.cancel()


def _apart(work: Callable[[T], R], item: T) -> R:
    try:
        return work(item)
    finally:
        connection.close()
