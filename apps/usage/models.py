"""The books of model use, a row per request, and what spaces may spend. No word of any text."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.usage.querysets import BudgetQuerySet, ModelCallQuerySet


class Purpose(models.TextChoices):
    PROMOTION = "promotion", "Promotion"
    CONSOLIDATION = "consolidation", "Consolidation"
    CAPTURES = "captures", "Captures"
    EMBEDDING = "embedding", "Vectors of memories"
    GRAPH = "graph", "Relations"
    RECALL = "recall", "Questions"
    OTHER = "other", "Other"


class CallKind(models.TextChoices):
    LANGUAGE = "language", "Language model"
    EMBEDDING = "embedding", "Embedding model"
    RERANK = "rerank", "Rerank model"


class CallOutcome(models.TextChoices):
    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused for its content"
    BUSY = "busy", "Service busy or failing"
    TIMEOUT = "timeout", "No answer in time"
    FAILED = "failed", "Failed"


class ModelCall(models.Model):
    """One request to a model that is asked over the network.

    Attributes:
        organisation: for whom; None where a batch or a step of the hub is for several.
        space: whose budget; None where it is for none in particular.
        version: of the prompt; 0 without one.
        estimated: whether the hub guessed the tokens because the service did not say.
        cost: US dollars by LiteLLM's table; None where it does not know the model.
    """

    organisation = models.ForeignKey(
        "spaces.Organisation", on_delete=models.CASCADE, null=True, db_index=False
    )
    space = models.ForeignKey(
        "spaces.Space", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    purpose = models.CharField(max_length=13, choices=Purpose.choices)
    task = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=9, choices=CallKind.choices)
    model = models.CharField(max_length=200)
    prompt_tokens = models.PositiveIntegerField()
    completion_tokens = models.PositiveIntegerField()
    estimated = models.BooleanField(default=False)
    cost = models.DecimalField(max_digits=16, decimal_places=10, null=True)
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=CallOutcome.choices)

    objects = ModelCallQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "at"], name="model_call_by_day"),
            models.Index(fields=["at"], name="model_call_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                name="known_call_purpose", condition=Q(purpose__in=Purpose.values)
            ),
            models.CheckConstraint(name="known_call_kind", condition=Q(kind__in=CallKind.values)),
            models.CheckConstraint(
                name="known_call_outcome", condition=Q(outcome__in=CallOutcome.values)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.outcome}"


class Budget(models.Model):
    """What a space and those under it may spend on language models a day, UTC; the newest counts.

    Why it was set stands in the audit log.
    """

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    calls_per_day = models.PositiveIntegerField(null=True)
    tokens_per_day = models.PositiveBigIntegerField(null=True)
    cost_per_day = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = BudgetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_budget_costs_no_less_than_nothing",
                condition=Q(cost_per_day__isnull=True) | Q(cost_per_day__gte=0),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"budget {self.pk}"
