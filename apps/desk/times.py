"""Moments on a page: in UTC as the server writes them, in the reader's zone once it is there."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString


def moment(at: datetime | None) -> SafeString:
    """A `<time>` that the desk's script puts into the reader's zone; a dash without a moment."""
    return SafeString("–") if at is None else _told(at, f"{at:%Y-%m-%d %H:%M}")


def precisely(at: datetime) -> SafeString:
    """The same to the second, where how long something took is what matters."""
    return _told(at, f"{at:%Y-%m-%d %H:%M:%S}", more=SafeString(" data-seconds"))


def _told(at: datetime, words: str, *, more: str = "") -> SafeString:
    iso = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    form = '<time datetime="{}" title="{} UTC"{}>{} UTC</time>'
    return format_html(form, iso, words, more, words)
