"""Reading the books: figures by day, purpose and model, and what is spent today."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.usage.models import Budget, ModelCall

UNITS = ("day", "purpose", "task", "version", "kind", "model")


class ModelCallQuerySet(models.QuerySet["ModelCall"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Requests of the organisation, for those who review somewhere in it: no word of them."""
        resolved = access.of(actor)
        if not resolved.ids("review"):
            return self.none()
        return self.filter(organisation_id=resolved.organisation_id)

    def between(self, since: datetime, until: datetime) -> Self:
        """Made from `since` on and before `until`."""
        return self.filter(at__gte=since, at__lt=until)

    def figures(self) -> "models.QuerySet[ModelCall, dict[str, Any]]":
        """Sums by day (UTC), purpose, task, version of the prompt, kind and model; latest first."""
        answered = Q(outcome="answered")
        found: models.QuerySet[ModelCall, dict[str, Any]] = (
            self.annotate(day=TruncDate("at"))
            .values(*UNITS)
            .annotate(
                calls=Count("pk"),
                failed=Count("pk", filter=~answered),
                tokens_in=Coalesce(Sum("prompt_tokens"), 0),
                tokens_out=Coalesce(Sum("completion_tokens"), 0),
                estimated=Count("pk", filter=Q(estimated=True)),
                spent=Sum("cost"),
                unpriced=Count("pk", filter=Q(cost__isnull=True)),
                milliseconds_all=Coalesce(Sum("milliseconds"), 0),
            )
            .order_by("-day", *UNITS[1:])
        )
        return found


class BudgetQuerySet(models.QuerySet["Budget"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Of spaces where the actor reviews."""
        return self.filter(space_id__in=access.of(actor).ids("review"))

    def in_force(self) -> Self:
        """The newest of each space."""
        return self.order_by("space_id", "-pk").distinct("space_id")
