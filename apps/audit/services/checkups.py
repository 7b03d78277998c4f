"""Verifying the log because somebody asked at the desk: by the worker, which sees all of it.

What was found is kept for a day in the cache, where nothing depends on it: whoever wants proof
runs `manage.py audit verify` or verifies an export.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import redis
from django.core.cache import cache

from apps.audit.services import events, verification
from apps.kernel import clock, jobs

_KEY = "audit:checkup"
_KEPT = 24 * 3600
_PATIENCE = timedelta(minutes=30)  # after which a checkup counts as lost with its worker


@dataclass(frozen=True, slots=True)
class Checkup:
    """One verification.

    Attributes:
        asked_at: when somebody asked.
        done_at: when it ended; None while it goes on.
        events, seals: how much was read.
        problem: the first difference, in a sentence; empty when the log is as it was sealed.
    """

    asked_at: datetime
    done_at: datetime | None = None
    events: int = 0
    seals: int = 0
    problem: str = ""

    @property
    def under_way(self) -> bool:
        """Whether an end may still come."""
        return self.done_at is None and clock.now() - self.asked_at < _PATIENCE


def last() -> Checkup | None:
    """The last one of this day; None without one, or while Redis is away."""
    try:
        kept = cache.get(_KEY)
    except redis.RedisError:
        return None
    return Checkup(**kept) if kept else None


def request(*, by: events.By) -> None:
    """Have the worker verify the log, unless it is at it; on record either way."""
    events.record(action="audit.verify", by=by, object_type="audit")
    known = last()
    if known is None or not known.under_way:
        _keep(Checkup(clock.now()))
        jobs.enqueue("audit.verify")


def perform() -> Checkup:
    """Read the whole log and keep what was found."""
    started = last()
    asked_at = started.asked_at if started else clock.now()
    verdict = verification.verify()
    found = Checkup(
        asked_at=asked_at,
        done_at=clock.now(),
        events=verdict.events,
        seals=verdict.seals,
        problem=verdict.problem.sentence if verdict.problem else "",
    )
    _keep(found)
    return found


def _keep(checkup: Checkup) -> None:
    cache.set(_KEY, asdict(checkup), _KEPT)
