"""May this actor write there? Asked by every write path, answered in one place."""

from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from apps.kernel import rows
from apps.kernel.errors import Forbidden, Invalid, ReadOnly
from apps.spaces import access
from apps.spaces.models import Organisation, Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def writable_space(actor: "Actor", public_id: UUID | None = None) -> Space:
    """The space to write to: the named one, or the actor's personal space.

    Raises:
        Invalid: there is no such space for this actor.
        Forbidden: the actor reads it but may not write to it.
        ReadOnly: the space or its organisation is read-only.
    """
    space = _find(actor, public_id)
    if space is None:
        raise Invalid("There is no such space.", attr="space")
    if not access.of(actor).allows("write", space.pk):
        raise Forbidden("You may not write to this space.")
    check_open(space)
    return space


def check_open(space: Space) -> None:
    """Raises ReadOnly when the space or its organisation takes no writes, saying which."""
    if space.organisation.read_only:
        raise ReadOnly("The organisation is read-only right now; nothing was written.")
    if space.read_only:
        raise ReadOnly


def _find(actor: "Actor", public_id: UUID | None) -> Space | None:
    resolved = access.of(actor)
    if public_id is None:
        return None if resolved.personal_id is None else _loaded(resolved.personal_id)
    known = resolved.ids("read") | resolved.ids("write")  # a credential that only writes knows both
    named = (pk for pk in known if resolved.public_ids[pk] == public_id)
    return next(filter(None, map(_loaded, named)), None)


def _loaded(pk: int) -> Space | None:
    """The space with its organisation."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [pk])
        row = cursor.fetchone()
    if row is None:
        return None
    space = rows.instance(Space, row)
    space.organisation = rows.instance(Organisation, row[rows.width(Space) :])
    return space


@cache
def _statement() -> str:
    columns = f"{rows.selected(Space, 's')}, {rows.selected(Organisation, 'o')}"
    joined = "spaces_space s JOIN spaces_organisation o ON o.id = s.organisation_id"
    return f"SELECT {columns} FROM {joined} WHERE s.id = %s"  # noqa: S608  names of columns
