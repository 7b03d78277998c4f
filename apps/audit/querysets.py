"""Reading audit events."""

from typing import Any, Self

from django.db import models


class AuditEventQuerySet(models.QuerySet[Any]):
    def of_organisation(self, organisation: Any) -> Self:
        """Events of one organisation, by its public id."""
        return self.filter(organisation=organisation)
