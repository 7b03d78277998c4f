"""System checks: stored credentials that could not be opened are an error at start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  Django's name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from apps.kernel import errors
from apps.vault.errors import Unkept
from apps.vault.keepers import choice, local
from apps.vault.models import DataKey
from apps.vault.services import rewrapping

_HINT = "`manage.py vault key` makes one; see docs/howto/rotate-keys.md."


def check_keys(**_kwargs: Any) -> list[CheckMessage]:
    """E001: the settings of the key keeper contradict each other or hold a key that is none.

    W001: nothing protects credentials, so that none can be stored.
    """
    if settings.CREDENTIALS_KEEPER not in choice.NAMES:
        names = ", ".join(choice.NAMES)
        return [Error(f"CREDENTIALS_KEEPER must be one of: {names}.", id="vault.E001")]
    try:
        local.configured()
    except Unkept:
        return _unkept()
    except errors.Invalid as error:
        return [Error(error.detail, hint=_HINT, id="vault.E001")]
    return []


def _unkept() -> list[CheckMessage]:
    """A warning here, an error once there is something to open: E002."""
    if settings.CREDENTIALS_KEEPER != "local":
        return []
    told = "CREDENTIALS_KEYS is not set: nobody can set up a second factor."
    return [Warning(told, hint=_HINT, id="vault.W001")]


def check_data_keys(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """E002: there are encrypted credentials, and no key that opens them."""
    if not databases:
        return []
    try:
        if not DataKey.objects.exists():
            return []
        standings = rewrapping.standings()
    except (DatabaseError, ImproperlyConfigured):
        return []  # not there, or not migrated yet: other checks say so
    return [
        Error(
            f"{one.count} data keys of stored credentials are wrapped by"
            f" {one.keeper}:{one.key}, which does not open them: {one.problem}",
            hint="Put the key back, and see `manage.py vault status`.",
            id="vault.E002",
        )
        for one in standings
        if one.problem
    ]
