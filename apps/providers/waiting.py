"""How long a busy service wants to be left alone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait before asking again.

    Args:
        headers: of the answer, names in lower case.
        now: timezone-aware; for services that name a moment instead of a duration.

    Returns:
        At least 0; None if nothing was said or it cannot be understood.

    Source:
        RFC 9110, section 10.2.3.
    """
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        return _until(said, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _until(said: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(said)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max((moment - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
