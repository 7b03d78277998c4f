"""May this actor write there? Asked by every write path, answered in one place."""

from typing import TYPE_CHECKING
from uuid import UUID

from apps.kernel.errors import Forbidden, Invalid, ReadOnly
from apps.spaces import access
from apps.spaces.models import Space

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
    spaces = Space.objects.select_related("organisation")
    if public_id is None:
        own = resolved.personal_id
        return None if own is None else spaces.filter(pk=own).first()
    return spaces.filter(public_id=public_id, pk__in=_known(resolved)).first()


def _known(resolved: access.Access) -> frozenset[int]:
    """A write-only credential knows the spaces it writes to, too."""
    return resolved.ids("read") | resolved.ids("write")
