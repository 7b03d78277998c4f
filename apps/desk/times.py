"""Moments on a page: in UTC as the server writes them, in the reader's zone once it is there."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString


def moment(at: datetime | None, *, seconds: bool = False) -> SafeString:
    """A `<time>` that the desk's script puts into the reader's zone; a dash without a moment."""
    if at is None:
        return SafeString("–")
    words = f"{at:%Y-%m-%d %H:%M:%S}" if seconds else f"{at:%Y-%m-%d %H:%M}"
    iso = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}" title="{} UTC">{} UTC</time>', iso, words, words)
