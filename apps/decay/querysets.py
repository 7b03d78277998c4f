"""Reading runs of decay and what they moved."""

from typing import TYPE_CHECKING, Self

from django.db import models

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.decay.models import DecayMove, DecayRun


class DecayRunQuerySet(models.QuerySet["DecayRun"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Runs of the organisation, for those who review somewhere in it: counts, no text."""
        resolved = access.of(actor)
        if not resolved.ids("review"):
            return self.none()
        return self.filter(organisation_id=resolved.organisation_id)

    def unfinished(self) -> Self:
        """Queued, running or being undone."""
        return self.filter(state__in=["queued", "running", "undoing"])


class DecayMoveQuerySet(models.QuerySet["DecayMove"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Of memories in spaces the actor reads."""
        return self.filter(memory__space_id__in=access.of(actor).ids("read"))

    def standing(self) -> Self:
        """Not brought back."""
        return self.filter(restored_at__isnull=True)
