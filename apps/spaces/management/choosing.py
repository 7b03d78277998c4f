"""What commands are given: organisations and spaces, by name or id."""

from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q, QuerySet

from apps.spaces.models import Organisation, Space

EVERY = "name or id; every organisation when left out"
ONE = "name or id; needed where there are several"

Row = TypeVar("Row", Organisation, Space)


def organisations(wanted: str | None) -> list[Organisation]:
    """Those of this name or public id; every one when nothing is asked for.

    Raises:
        CommandError: there is none.
    """
    found = _named(Organisation.objects.order_by("pk"), wanted)
    if not found:
        raise CommandError(f"There is no organisation {wanted!r}." if wanted else "No hub yet.")
    return found


def organisation(wanted: str | None) -> Organisation:
    """The one of this name or public id; the only one when nothing is asked for.

    Raises:
        CommandError: there is none, or several to choose from.
    """
    found = organisations(wanted)
    if len(found) != 1:
        names = ", ".join(one.name for one in found)
        raise CommandError(f"Name one with --organisation: {names}.")
    return found[0]


def spaces(wanted: str | None) -> list[Space]:
    """Those of this name or public id; every one when nothing is asked for.

    Raises:
        CommandError: nothing is called so.
    """
    rows = Space.objects.select_related("organisation", "person", "parent").order_by("pk")
    found = _named(rows, wanted)
    if wanted and not found:
        raise CommandError(f"There is no space {wanted!r}.")
    return found


def space(wanted: str) -> Space:
    """The one of this name or public id.

    Raises:
        CommandError: there is none, or there are several of that name.
    """
    found = spaces(wanted)
    if len(found) != 1:
        raise CommandError(f"{len(found)} spaces are called {wanted!r}; use an id.")
    return found[0]


def _named(rows: QuerySet[Row], wanted: str | None) -> list[Row]:
    if not wanted:
        return list(rows)
    named = Q(name=wanted)
    with suppress(ValueError):
        named |= Q(public_id=UUID(wanted))
    return list(rows.filter(named))
