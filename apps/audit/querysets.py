"""Reading audit events."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from apps.audit.models import AuditEvent


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def of_organisation(self, organisation: UUID) -> Self:
        """Events of one organisation, by its public id."""
        return self.filter(organisation=organisation)
