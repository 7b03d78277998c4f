"""Erasures of people and their certificates; legal holds; retention rules and their runs."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.governance.querysets import ErasureQuerySet, LegalHoldQuerySet


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class LegalHold(models.Model):
    """Nothing of a person, of a space, or one memory may be erased until this is released."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="holds"
    )
    space = models.ForeignKey(
        "spaces.Space", on_delete=models.PROTECT, null=True, related_name="holds"
    )
    memory = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, null=True, related_name="holds"
    )
    reason = models.TextField()
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="a_hold_is_on_one_thing",
                condition=Q(person__isnull=False, space__isnull=True, memory__isnull=True)
                | Q(person__isnull=True, space__isnull=False, memory__isnull=True)
                | Q(person__isnull=True, space__isnull=True, memory__isnull=False),
            ),
            models.CheckConstraint(
                name="a_release_says_when_and_why",
                condition=Q(released_at__isnull=True, release_reason="")
                | (Q(released_at__isnull=False) & ~Q(release_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation"],
                name="hold_in_force",
                condition=Q(released_at__isnull=True),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="released_once",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("released_at"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Condition("OLD.released_at IS NOT NULL"),
                func="RAISE EXCEPTION 'This hold was released already';",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.public_id}"


class Erasure(models.Model):
    """One person's right to be forgotten, as a job: what was asked, how far it is, its proof.

    Attributes:
        counts: rows that were changed or deleted, by table.
        remained: what is left of the person and why, see `services.remains`.
        certificate: signed, as `services.certificates` makes it; null until it is done.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasures"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField()
    state = models.CharField(max_length=7, choices=JobState.choices, default=JobState.QUEUED)
    step = models.CharField(max_length=20, blank=True)
    counts = models.JSONField(default=dict)
    remained = models.JSONField(default=list)
    certificate = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_erasure_of_a_person_at_a_time",
                fields=["person"],
                condition=Q(state__in=["queued", "running"]),
            ),
            models.CheckConstraint(
                name="a_finished_erasure_is_certified",
                condition=~Q(state="done") | Q(certificate__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="certified_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__certificate__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.public_id}"
