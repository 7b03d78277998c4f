"""What production refuses to start with: keys that are missing, short or known, and open doors.

System checks, so that `manage.py check` and every command say it; the web process and the worker
ask before they serve. Anywhere else than in production they have nothing to say.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

_SECRET_CHARACTERS, _PEPPER_CHARACTERS, _DISTINCT = 50, 32, 10
_KNOWN = ("django-insecure", "changeme", "change-me", "secret", "default", "example", "insecure")
_KNOWN_PASSWORDS = {"", "memoryhub", "postgres", "password", "secret", "changeme", "admin"}


def register() -> None:
    """Add the checks to Django's registry."""
    checks.register(check_production, checks.Tags.security)


def stop_if_unsafe() -> None:
    """Return when nothing stands against serving.

    Raises:
        ImproperlyConfigured: production would run with a default; one sentence per problem.
    """
    if problems := check_production():
        raise ImproperlyConfigured(" ".join(f"{each.msg} ({each.id})" for each in problems))


def check_production(**_kwargs: Any) -> list[CheckMessage]:
    """E010: SECRET_KEY; E011: TOKEN_PEPPERS; E012: DEBUG; E013: ALLOWED_HOSTS; E014: the
    password of the database. Values never appear in a message."""
    return list(_problems()) if settings.PRODUCTION else []


def _problems() -> Iterator[CheckMessage]:
    if _weak(settings.SECRET_KEY, _SECRET_CHARACTERS):
        yield Error(
            f"SECRET_KEY is short or well known; it needs {_SECRET_CHARACTERS} random characters.",
            hint="`openssl rand -base64 48` makes one.",
            id="memoryhub.E010",
        )
    peppers = [entry.partition(":")[::2] for entry in settings.TOKEN_PEPPERS]
    if not peppers or any(not name or _weak(key, _PEPPER_CHARACTERS) for name, key in peppers):
        yield Error(
            "TOKEN_PEPPERS needs pairs of an id and a secret of"
            f" {_PEPPER_CHARACTERS} random characters.",
            hint="As in 2026:<`openssl rand -base64 32`>; without it SECRET_KEY is used.",
            id="memoryhub.E011",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG shows code and settings to whoever causes an error.",
            hint="Leave it out in production.",
            id="memoryhub.E012",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS must name the hosts that people and agents reach the hub by.",
            hint="As in hub.example.org; `*` would believe any Host header.",
            id="memoryhub.E013",
        )
    if _open_database(settings.DATABASE_URL):
        yield Error(
            "The database's password is missing or well known, and it is reached over the network.",
            hint="Give the role a password of its own in DATABASE_URL.",
            id="memoryhub.E014",
        )


def _weak(secret: str, least: int) -> bool:
    """Too short, of too few different characters, or what examples call it."""
    few = len(secret) < least or len(set(secret)) < _DISTINCT
    return few or secret.lower().startswith(_KNOWN)


def _open_database(url: str) -> bool:
    """Whether it is asked over the network with a password that anybody would try. A socket of
    this machine knows who asks, and a certificate says it."""
    parts = urlsplit(url)
    place = unquote(parts.hostname or "")
    if not place or place.startswith("/") or {"sslcert", "passfile"} & set(parse_qs(parts.query)):
        return False
    return (parts.password or "").lower() in _KNOWN_PASSWORDS
