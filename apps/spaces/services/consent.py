"""A person's own word on whether curation may read the personal space."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.services import events
from apps.kernel.errors import Forbidden
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@transaction.atomic
def choose(*, actor: "Actor", share: bool | None) -> Space:
    """Set the person's choice; None follows the organisation. Returns the personal space.

    Also where nothing else may be written: consent can be taken back at any time.

    Raises:
        Forbidden: an agent, or a credential that does not reach the personal space.
    """
    if actor.user.is_agent:
        raise Forbidden("Only people decide what is shared for promotion.")
    own = Space.objects.personal_of(actor).select_related("organisation")
    space: Space | None = own.select_for_update(of=("self",), no_key=True).first()
    if space is None:
        raise Forbidden("This credential does not reach your personal space.")
    if space.share_for_promotion != share:
        space.share_for_promotion = share
        space.save(update_fields=["share_for_promotion"])
        events.record(
            action="consent.change",
            by=actor.by,
            space=space.public_id,
            object_type="space",
            object_ids=[space.public_id],
            detail={"share_for_promotion": share},
        )
    return space
