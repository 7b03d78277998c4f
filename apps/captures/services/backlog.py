"""Back-pressure: no new captures while too many chunks wait to be distilled."""

from django.conf import settings

from apps.captures.models import CaptureChunk
from apps.kernel import isolation
from apps.kernel.errors import Busy

_RETRY_AFTER = 60  # seconds; chunks take a second or so each


class CaptureBacklogged(Busy):
    """Too many captures are waiting to be distilled; nothing was written."""

    code = "capture_backlog"


def admit() -> None:
    """Let one more capture in, or not.

    Raises:
        CaptureBacklogged: more than `CAPTURE_BACKLOG_LIMIT` chunks wait.
    """
    limit = settings.CAPTURE_BACKLOG_LIMIT
    waiting = CaptureChunk.objects.waiting().order_by()
    with isolation.census():
        count = waiting.values("pk")[: limit + 1].count()
    if count > limit:
        raise CaptureBacklogged(retry_after=_RETRY_AFTER)
