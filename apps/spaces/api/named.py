"""Spaces that a request names."""

from typing import TYPE_CHECKING
from uuid import UUID

from apps.kernel.errors import Invalid
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def named_space(actor: "Actor", public_id: UUID) -> Space:
    """The space of this id.

    Raises:
        Invalid: there is none that the actor sees.
    """
    visible = Space.objects.visible_to(actor).select_related("organisation")
    space: Space | None = visible.filter(public_id=public_id).first()
    if space is None:
        raise Invalid("There is no such space.", attr="space")
    return space
