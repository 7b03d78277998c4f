"""Erasures of people and their certificates; legal holds; retention rules and their runs."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.governance.querysets import (
    ErasureQuerySet,
    LegalHoldQuerySet,
    RetentionRuleQuerySet,
    RetentionRunQuerySet,
)
from apps.memories.models import Kind


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


class RetentionBasis(models.TextChoices):
    CONFIRMED = "confirmed", "Since it was last said or confirmed"
    CREATED = "created", "Since it was written"


class RetentionAction(models.TextChoices):
    ARCHIVE = "archive", "Archive"
    DELETE = "delete", "Erase"
    KEEP = "keep", "Keep"


class RetentionRule(models.Model):
    """How long memories of a kind are kept in a space and below; one row per version.

    A kind of its own goes before the empty one, which is for all kinds, and a nearer space before
    one above it. `keep` ends what a space above says.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=12, choices=[("", "All kinds"), *Kind.choices], blank=True, default=""
    )
    version = models.PositiveIntegerField()
    action = models.CharField(max_length=7, choices=RetentionAction.choices)
    max_age_days = models.PositiveIntegerField(null=True)
    basis = models.CharField(
        max_length=9, choices=RetentionBasis.choices, default=RetentionBasis.CONFIRMED
    )
    reason = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = RetentionRuleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="retention_versions_are_numbered", fields=["space", "kind", "version"]
            ),
            models.CheckConstraint(
                name="only_keeping_has_no_age",
                condition=Q(action="keep", max_age_days__isnull=True)
                | (~Q(action="keep") & Q(max_age_days__gte=1)),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.space} {self.kind or 'all'} v{self.version}"


class RetentionRun(models.Model):
    """What retention did, or in a dry run would have done. Ids and counts, no text.

    Attributes:
        report: rows of space, kind, action, rule, count and up to ten ids.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    dry = models.BooleanField()
    state = models.CharField(max_length=7, choices=JobState.choices)
    report = models.JSONField(default=list)
    held = models.PositiveIntegerField(default=0, help_text="Due, but kept by a legal hold.")
    done = models.PositiveIntegerField(default=0, help_text="Archived or erased by this run.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = RetentionRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["organisation", "-id"], name="retention_run_newest")]

    def __str__(self) -> str:
        return f"retention of {self.created_at:%Y-%m-%d %H:%M} UTC"
