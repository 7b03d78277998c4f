"""The hub's one test bench. A trial waits for a model, and web workers are few: not two at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from apps.kernel import counters
from apps.kernel.errors import Busy
from apps.providers.language import REQUESTS_IN_A_TIME_BOX

logger = structlog.get_logger(__name__)

SECONDS = 90.0  # of a trial, from which nothing further is asked
_KEY = "bench"
_RETRY_AFTER = 30  # seconds


@contextmanager
def taken() -> Iterator[None]:
    """Have the bench for the block. A process that dies with it leaves it after minutes.

    Raises:
        Busy: somebody tries something else.
    """
    longest = SECONDS + settings.LLM_TIMEOUT_SECONDS * (REQUESTS_IN_A_TIME_BOX + 1)
    if _count(round(longest)) > 1:
        raise Busy("Another prompt is being tried; try again shortly.", retry_after=_RETRY_AFTER)
    try:
        yield
    finally:
        _leave()


def _count(seconds: int) -> int:
    try:
        return counters.hit(_KEY, seconds=seconds)[0]
    except RedisError as error:
        logger.warning("bench_not_counted", error=type(error).__name__)
        return 1


def _leave() -> None:
    try:
        counters.forget(_KEY)
    except RedisError as error:
        logger.warning("bench_not_left", error=type(error).__name__)
