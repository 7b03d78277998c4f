"""What was asked and shown, and what the askers said of it."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.recall.querysets import FeedbackQuerySet, RecallUseQuerySet, ReportQuerySet


class RecallUse(models.Model):
    """One recall: who asked, a digest of the question, which memories were shown.

    The question itself is not kept. Use is not evidence: nothing here changes a memory.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE, null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(  # `recall_by_person` begins with it
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    query_hash = models.CharField(max_length=64)
    memories = ArrayField(models.UUIDField())
    known_at = models.DateTimeField(null=True, help_text="The past that was asked, if it was.")
    created_at = models.DateTimeField()

    objects = RecallUseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"], name="recall_by_person")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"recall {self.public_id}"


class FeedbackVerdict(models.TextChoices):
    USEFUL = "useful", "Useful"
    WRONG = "wrong", "Wrong"
    OUTDATED = "outdated", "Out of date"
    HARMFUL = "harmful", "Harmful"


class Feedback(models.Model):
    """What one person says of one memory that one answer showed; the last word counts.

    It is shown and counted, and changes no memory: use is not evidence.
    """

    recall = models.ForeignKey(RecallUse, on_delete=models.CASCADE, related_name="feedback")
    memory = models.ForeignKey("memories.Memory", on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=FeedbackVerdict.choices)
    note = models.TextField(blank=True)
    outcome = models.ForeignKey(
        "memories.Outcome", on_delete=models.SET_NULL, null=True, related_name="feedback"
    )
    content_hash = models.CharField(max_length=64, help_text="The words that were shown.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recall", "person", "memory"], name="one_word_per_person_and_memory"
            ),
            models.CheckConstraint(
                name="known_verdict", condition=Q(verdict__in=FeedbackVerdict.values)
            ),
        ]
        indexes = [models.Index(fields=["memory", "verdict"], name="feedback_by_memory")]
        triggers = [pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verdict} (memory {self.memory_id})"


class ReportDecision(models.TextChoices):
    KEPT = "kept", "Kept"
    QUARANTINED = "quarantined", "Quarantined"


class Report(models.Model):
    """A shared memory that several independent people called harmful waits for a reviewer.

    It stays where it is until the reviewer decides: two people must not be able to hide it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    memory = models.ForeignKey("memories.Memory", on_delete=models.CASCADE, related_name="reports")
    people = models.PositiveIntegerField(help_text="Different people when it was opened.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.CharField(max_length=11, choices=ReportDecision.choices, blank=True)
    reason = models.TextField(blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["memory"], name="one_open_report", condition=Q(closed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="a_closed_report_is_decided",
                condition=Q(closed_at__isnull=True, decision="")
                | Q(closed_at__isnull=False, decision__in=ReportDecision.values),
            ),
        ]
        triggers = [pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"report of memory {self.memory_id}"
