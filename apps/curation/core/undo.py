"""What a reviewer may take back, and until when."""

from datetime import datetime, timedelta
from typing import Literal

UNDO_WINDOW = timedelta(days=30)

Obstacle = Literal["nothing", "too_late", "by_policy"]
DECIDED = frozenset({"approved", "rejected", "merged"})


def obstacle(
    status: str, *, decided_at: datetime | None, by_reviewer: bool, now: datetime
) -> Obstacle | None:
    """Why the decision on a request stays; None when it may be taken back.

    What the policy decided is no reviewer's to take back: what it published can be retracted.
    """
    if status not in DECIDED or decided_at is None:
        return "nothing"
    if not by_reviewer:
        return "by_policy"
    return "too_late" if is_late(decided_at, now) else None


def is_late(done_at: datetime, now: datetime) -> bool:
    """Whether what was done then stays by now."""
    return now >= done_at + UNDO_WINDOW
