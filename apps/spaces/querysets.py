"""Reading spaces and who belongs where."""

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.spaces.models import Membership, Space, Switch

Row = TypeVar("Row", bound=models.Model)


class SpaceQuerySet(models.QuerySet["Space"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Spaces the actor reads or manages: the own personal one and those granted.

        That a space is visible does not mean that its memories are.
        """
        resolved = access.of(actor)
        return self.filter(pk__in=resolved.ids("read") | resolved.ids("manage"))

    def personal_of(self, actor: "Actor") -> Self:
        """The actor's personal space, if the credential reaches it."""
        return self.filter(pk=access.of(actor).personal_id)

    def in_use_for_curation(self, organisation_id: int) -> Self:
        """Personal spaces of active people who let curation read them."""
        consenting = models.Q(share_for_promotion=True) | models.Q(
            share_for_promotion__isnull=True, organisation__share_for_promotion=True
        )
        return self.filter(
            consenting,
            organisation_id=organisation_id,
            kind="personal",
            person__is_active=True,
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Memberships in the actor's own organisation."""
        return self.filter(organisation_id=access.of(actor).organisation_id)


class SwitchQuerySet(models.QuerySet["Switch"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the actor's organisation and of the whole hub, past ones included."""
        return self.over(access.of(actor).organisation_id)

    def over(self, organisation_id: int | None) -> Self:
        """Those that hold for an organisation: its own and the hub's."""
        return self.filter(
            models.Q(organisation=None) | models.Q(organisation_id=organisation_id or 0)
        )

    def on(self) -> Self:
        """Not lifted yet."""
        return self.filter(lifted_at=None)


class VersionQuerySet(models.QuerySet[Row]):
    """Rows of a `SpaceVersion`."""

    def in_force(self) -> Self:
        """The newest version of each space."""
        return self.order_by("space_id", "-version").distinct("space_id")
