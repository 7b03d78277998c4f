"""When a space's archivist is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from apps.consolidation.core.policy import ArchivistPolicy

Due = Literal["", "time", "writes"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a space.

    Attributes:
        last: when its last complete run began; None if it never had one.
        tried: when its last run of any kind began or was queued; None before the first.
        written: memories written since `last`.
        memories: whether there are any.
    """

    last: datetime | None
    tried: datetime | None
    written: int
    memories: bool


def due(standing: Standing, policy: ArchivistPolicy, now: datetime) -> Due:
    """Why a run is due; empty if it is not.

    A run that failed is tried again after the same time, not at once.
    """
    if not policy.enabled or not standing.memories:
        return ""
    after = timedelta(hours=policy.every_hours)
    if standing.tried is not None and standing.tried != standing.last:
        return "time" if now - standing.tried >= min(after, timedelta(hours=1)) else ""
    if standing.written >= policy.after_writes:
        return "writes"
    if standing.last is None or now - standing.last >= after:
        return "time"
    return ""
