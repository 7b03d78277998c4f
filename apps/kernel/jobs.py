"""Enqueue background work by name, after commit.

The queue is the fast path only: pending work is always also a row or a column in Postgres, and a
sweep by beat finds what the queue lost. A broker that is down therefore never fails a write.
"""

from functools import lru_cache, partial

import structlog
from celery import Celery
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def _producer() -> Celery:
    producer = Celery("memoryhub", set_as_current=False)
    producer.config_from_object("django.conf:settings", namespace="CELERY")
    return producer


def _send(name: str, args: tuple[object, ...]) -> None:
    try:
        _producer().send_task(name, args=args, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("job_not_queued", task=name, error=str(error))


def enqueue(name: str, *args: str | int | bool) -> None:
    """Queue task `name` with plain arguments once the current transaction has committed."""
    transaction.on_commit(partial(_send, name, args))
