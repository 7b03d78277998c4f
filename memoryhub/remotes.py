"""`CANON_REMOTES` as canon wants it. Tokens may stand in files of their own."""

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from apps.canon.core import remotes
from apps.canon.core.remotes import Remote


def read(raw: object) -> tuple[Remote, ...]:
    """Remotes of the setting.

    Raises:
        ImproperlyConfigured: names the entry and field, or the file that cannot be read.
    """
    entries = [_filled(entry) for entry in raw] if isinstance(raw, list) else raw
    try:
        return remotes.read(entries)
    except remotes.RemotesError as error:
        raise ImproperlyConfigured(str(error)) from error


def _filled(entry: object) -> object:
    """With the token from the file that `token_file` names."""
    if not isinstance(entry, Mapping) or "token_file" not in entry:
        return entry
    try:
        token = Path(str(entry["token_file"])).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured("CANON_REMOTES: a token_file cannot be read.") from error
    return {**{name: entry[name] for name in entry if name != "token_file"}, "token": token}
