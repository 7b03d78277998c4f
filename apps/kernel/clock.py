"""The one place where services read the time. Cores get `now` as a parameter."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Current time, timezone-aware, UTC."""
    return timezone.now()
