"""Which policy is in force where, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.audit.services import events
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.models import Policy
from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy with the version it was read from; version 0 is the built-in default."""

    version: int
    policy: PromotionPolicy


class Policies:
    """Every policy of an organisation, read once; a space without one inherits from above."""

    def __init__(self, organisation_id: int, parent_of: Mapping[int, int | None]) -> None:
        rows = Policy.objects.filter(space__organisation_id=organisation_id).in_force()
        self._rows = {row.space_id: row for row in rows}
        self._parent_of = parent_of

    def of(self, space_id: int | None) -> InForce:
        """The policy of a space or of the nearest space above that has one."""
        while space_id is not None:
            row = self._rows.get(space_id)
            if row is not None:
                return InForce(row.version, PromotionPolicy.of(row.values))
            space_id = self._parent_of.get(space_id)
        return InForce(0, DEFAULT)


@transaction.atomic
def change(*, actor: "Actor", space: Space, values: Mapping[str, Any], reason: str) -> Policy:
    """A new version of a space's policy; what `values` leaves out has its default.

    Raises:
        Forbidden: the actor does not manage the space.
        Invalid: an unknown value or one out of range, or no reason.
        ReadOnly: the space or its organisation takes no writes.
    """
    if not access.of(actor).allows("manage", space.pk):
        raise Forbidden("You may not change the policy of this space.")
    writing.check_open(space)
    if not reason.strip():
        raise Invalid("A policy change needs a reason.", attr="reason")
    try:
        policy = PromotionPolicy.of(values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error
    Space.objects.select_for_update().get(pk=space.pk)  # versions are numbered one at a time
    newest = Policy.objects.filter(space=space).order_by("-version").first()
    row = Policy.objects.create(
        space=space,
        version=newest.version + 1 if newest else 1,
        values=policy.values(),
        reason=reason,
        author=actor.user,
        created_at=clock.now(),
    )
    events.record(
        action="policy.change",
        by=actor.by,
        space=space.public_id,
        object_type="policy",
        object_ids=[row.public_id],
        reason=reason,
        detail={"version": row.version},
    )
    return row
