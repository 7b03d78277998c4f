"""Reading audit events."""

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from apps.audit.models import AuditEvent


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, actor: Any) -> Self:
        """Events of the organisation that the actor audits; none for anybody else."""
        audited: UUID | None = actor.audits
        return self.of_organisation(audited) if audited else self.none()

    def of_organisation(self, organisation: UUID) -> Self:
        """Events of one organisation, by its public id."""
        return self.filter(organisation=organisation)
