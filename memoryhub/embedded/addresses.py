"""Where the services are, and what a database URL means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRES_SCHEMES = ("postgres", "postgresql", "pgsql")
_EXPECTED = "Expected postgresql://user:password@host:5432/name."


@dataclass(frozen=True)
class ServiceUrls:
    """URLs of services that answer right now; empty when that service is not run here.

    `database_url` contains the password, so it stays out of the representation.
    """

    database_url: str = field(default="", repr=False)
    redis_url: str = ""
    role_urls: Mapping[str, str] = field(default_factory=dict, repr=False)

    def database_url_of(self, role: str) -> str:
        """The database as a kind of process signs in: web, worker, or its owner."""
        return self.role_urls.get(role) or self.database_url


def parse_database_url(url: str) -> dict[str, Any]:
    """Entry of Django's `DATABASES` for a PostgreSQL URL.

    Args:
        url: `postgresql://user:password@host:port/name?option=value`; a percent-encoded folder as
            host means a unix socket. Empty means that no database is configured: the entry then has
            an empty `NAME`, so commands that need no database still work and `checks` explains.

    Raises:
        ImproperlyConfigured: the URL cannot be read; one sentence that never contains the password.
    """
    if not url:
        return {"ENGINE": "django.db.backends.postgresql", "NAME": ""}
    scheme = url.partition("://")[0]
    if scheme not in POSTGRES_SCHEMES:
        raise ImproperlyConfigured(f"DATABASE_URL is not a PostgreSQL URL. {_EXPECTED}")
    try:
        parsed = dict(dj_database_url.parse(url))
    except (ValueError, dj_database_url.ParseError):
        parsed = {}
    if not parsed.get("NAME"):
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read as a URL. {_EXPECTED}")
    return parsed


def without_password(url: str) -> str:
    """`url` as it may be shown: scheme, user, host, port and path; no password, no query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable URL)"
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{parts.hostname or ''}{port}{parts.path}"


def socket_database_url(folder: str, *, user: str, password: str, name: str) -> str:
    """URL of a PostgreSQL database behind the unix socket in `folder`."""
    place = f"{quote(folder, safe='')}:5432"  # the port names the socket file; PGPORT must not
    return f"postgresql://{quote(user)}:{quote(password)}@{place}/{quote(name)}"
