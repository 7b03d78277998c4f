"""The embeddings still to be made: told to the worker, counted, and bounded.

Bulk writes and models behind a network leave pending work. When the worker cannot keep up, new
pending work is refused with a time to come back at, before anything is written.
"""

import math
import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from apps.kernel import isolation, jobs
from apps.kernel.errors import Busy
from apps.memories.models import MemoryIndex

logger = structlog.get_logger(__name__)

_TASK = "memories.embed_pending"
_ANNOUNCED = "embeddings:announced"
_ANNOUNCED_FOR = 10  # seconds; the sweep comes as often
_RATE = "embeddings:rate"
_RATE_KEPT = 600  # seconds
_RATE_WEIGHT = 0.3  # of the newest batch
REMEMBERED = 1.0  # seconds that a count is taken for true
_SOONEST, _LATEST, _UNKNOWN = 1, 300, 30  # seconds of Retry-After
_RESUME_AT = 0.9  # of the limit: who was told to come back finds room


class Backlogged(Busy):
    """Too many embeddings are waiting to be made; nothing was written."""

    code = "embedding_backlog"


@dataclass
class _Counted:
    rows: int = 0
    until: float = 0.0


_counted = _Counted()


def announce() -> None:
    """Wake the worker once the current transaction has committed.

    One message waits in the queue at a time: the task embeds until nothing is due, so a second one
    would find nothing, and without a worker they would pile up.
    """
    transaction.on_commit(_announce)


def heard() -> None:
    """The worker begins to look: what is committed from now on needs a new message."""
    try:
        cache.delete(_ANNOUNCED)
    except RedisError as error:
        logger.warning("backlog_unknown", error=str(error))


def admit(rows: int) -> None:
    """Let `rows` more pending embeddings in, or not.

    Counts at most once a second and process, so the limit may be overrun by what is written within
    a second.

    Raises:
        Backlogged: more than `EMBEDDING_BACKLOG_LIMIT` are waiting; says when to come back.
    """
    limit = settings.EMBEDDING_BACKLOG_LIMIT
    waiting = _waiting(limit)
    if waiting + rows > limit and waiting > 0:
        raise Backlogged(retry_after=seconds_until(waiting + rows, limit, _rate()))
    _counted.rows += rows


def seconds_until(rows: int, limit: int, rate: float | None) -> int:
    """Seconds after which `rows` have shrunk to nine tenths of `limit`, 1 to 300.

    Args:
        rate: embeddings per second as last seen; None when no worker was seen at work.
    """
    if not rate or rate <= 0:
        return _UNKNOWN
    return max(_SOONEST, min(_LATEST, math.ceil((rows - _RESUME_AT * limit) / rate)))


def drained(rows: int, seconds: float) -> None:
    """The worker made `rows` embeddings in `seconds`: what `Retry-After` is estimated from."""
    newest = rows / max(seconds, 1e-3)
    try:
        known = cache.get(_RATE)
        mean = newest if known is None else known + _RATE_WEIGHT * (newest - known)
        cache.set(_RATE, mean, _RATE_KEPT)
    except RedisError as error:
        logger.warning("backlog_unknown", error=str(error))


def forget() -> None:
    """Count anew on the next use."""
    _counted.until = 0.0


def _announce() -> None:
    try:
        first = cache.add(_ANNOUNCED, 1, _ANNOUNCED_FOR)
    except RedisError as error:
        logger.warning("job_not_queued", task=_TASK, error=str(error))
        return
    if first:
        jobs.enqueue(_TASK)


def _waiting(limit: int) -> int:
    """Pending embeddings of all models, counted up to the limit: the index of them is small."""
    now = time.monotonic()
    if now >= _counted.until:
        pending = MemoryIndex.objects.pending().order_by()
        with isolation.census():
            _counted.rows = pending.values("pk")[: limit + 1].count()
        _counted.until = now + REMEMBERED
    return _counted.rows


def _rate() -> float | None:
    try:
        rate: float | None = cache.get(_RATE)
    except RedisError:
        return None
    return rate
