"""Reading what directories and mappings say; an organisation sees its own."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.identity.models import DirectoryGroup, DirectoryPerson, GroupMapping, ScimToken


class GroupMappingQuerySet(models.QuerySet["GroupMapping"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Mappings of the organisation that the actor administers."""
        return self.filter(organisation_id=access.administered(actor))

    def of(self, organisation_id: int, source: str) -> Self:
        """Those that count for one source."""
        return self.filter(Q(source="") | Q(source=source), organisation_id=organisation_id)


class ScimTokenQuerySet(models.QuerySet["ScimToken"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Tokens of the organisation that the actor administers, revoked ones included."""
        return self.filter(organisation_id=access.administered(actor))

    def usable(self, now: datetime) -> Self:
        """Neither revoked nor expired."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True
        )


class DirectoryPersonQuerySet(models.QuerySet["DirectoryPerson"]):
    def shown_in(self, organisation_id: int) -> Self:
        """Those of an organisation that its directory has not deleted."""
        return self.filter(organisation_id=organisation_id, hidden=False)


class DirectoryGroupQuerySet(models.QuerySet["DirectoryGroup"]):
    def of(self, organisation_id: int) -> Self:
        """Groups of one organisation."""
        return self.filter(organisation_id=organisation_id)
