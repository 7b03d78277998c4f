"""The person whom a command is given, by address or id."""

from contextlib import suppress
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q

from apps.accounts.models import User


def named(wanted: str) -> User:
    """The one of this address or public id.

    Raises:
        CommandError: there is none.
    """
    asked = Q(email=wanted.strip().lower())
    with suppress(ValueError):
        asked |= Q(public_id=UUID(wanted))
    found: User | None = User.objects.filter(asked, kind="person").first()
    if found is None:
        raise CommandError(f"There is no person {wanted}.")
    return found
