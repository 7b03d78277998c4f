"""Signs of life in Redis: who beats, and how long ago."""

import time

from django.core.cache import cache

_LIFETIME_SECONDS = 60


def mark(role: str) -> None:
    """Record that `role` is alive now."""
    cache.set(f"heartbeat:{role}", time.time(), _LIFETIME_SECONDS)


def age(role: str) -> float | None:
    """Seconds since `role` last beat; None when it has not within a minute."""
    seen = cache.get(f"heartbeat:{role}")
    return None if seen is None else max(0.0, time.time() - float(seen))
