"""Reading captures: by whose they are, and by what there is to do."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.captures.models import Capture, CaptureChunk


class CaptureQuerySet(models.QuerySet["Capture"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the actor's person, by whichever agent; never anybody else's."""
        readable = access.of(actor).ids("read")
        return self.filter(owner_id=actor.principal.pk, space_id__in=readable)

    def uncut(self) -> Self:
        """Complete and not yet cut into chunks."""
        return self.filter(state="waiting", chunks__isnull=True).order_by("pk")


class ChunkQuerySet(models.QuerySet["CaptureChunk"]):
    def waiting(self) -> Self:
        """Not distilled and not set aside."""
        return self.filter(state="waiting")

    def due(self, now: datetime) -> Self:
        """To be tried now, oldest promise first."""
        return self.waiting().filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
