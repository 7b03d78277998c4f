"""Where a memory came from, what people said of it, and how tasks fared with it."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.memories.models.memory import Memory
from apps.memories.querysets import OutcomeQuerySet


class Stance(models.TextChoices):
    REPEATED = "repeated", "Said again"
    CONFIRMED = "confirmed", "Confirmed"
    CONTRADICTED = "contradicted", "Contradicted"


class OutcomeKind(models.TextChoices):
    DEAL_WON = "deal_won", "Deal won"
    DEAL_LOST = "deal_lost", "Deal lost"
    PR_MERGED = "pr_merged", "Pull request merged"
    PR_REJECTED = "pr_rejected", "Pull request rejected"
    TESTS_PASSED = "tests_passed", "Tests passed"
    TESTS_FAILED = "tests_failed", "Tests failed"
    TICKET_RESOLVED = "ticket_resolved", "Ticket resolved"
    TICKET_REOPENED = "ticket_reopened", "Ticket reopened"
    OTHER = "other", "Other"


class Provenance(models.Model):
    """A memory was derived from another memory, a document or a run."""

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="provenance")
    source_memory = models.ForeignKey(
        Memory, on_delete=models.PROTECT, null=True, blank=True, related_name="derived"
    )
    source_uri = models.CharField(max_length=500, blank=True)
    contributor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_link_per_source",
                fields=["memory", "source_memory"],
                condition=Q(source_memory__isnull=False),
            ),
            models.CheckConstraint(
                name="a_link_names_its_source",
                condition=Q(source_memory__isnull=False) | ~Q(source_uri=""),
            ),
        ]


class Confirmation(models.Model):
    """Evidence about a memory: said again, confirmed or contradicted. Never deleted."""

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="confirmations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stance = models.CharField(max_length=12, choices=Stance.choices)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class Outcome(models.Model):
    """How a task ended, reported by somebody."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="outcomes"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    task = models.CharField(max_length=500)
    success = models.BooleanField()
    kind = models.CharField(max_length=16, choices=OutcomeKind.choices, default=OutcomeKind.OTHER)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"], name="outcome_by_person")]

    def __str__(self) -> str:
        return f"{self.task[:60]}: {'success' if self.success else 'failure'}"


class OutcomeUse(models.Model):
    """A task said that it used a memory.

    The named id is kept as given. `memory` is set when that id exists in the same organisation;
    the reporter is not told, because an id lets one report on a memory, never read it.
    """

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="uses")
    named = models.UUIDField()
    memory = models.ForeignKey(
        Memory, on_delete=models.CASCADE, null=True, related_name="outcome_uses"
    )
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="The words it was used in; others prove nothing."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outcome", "named"], name="a_task_uses_a_memory_once")
        ]
