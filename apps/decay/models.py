"""Runs of decay, and what each moved."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.decay.core import strength
from apps.decay.querysets import DecayMoveQuerySet, DecayRunQuerySet


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class DecayRun(models.Model):
    """One pass over an organisation: what was archived and brought back, and why. No text.

    Attributes:
        moment: the time it decides by; a run that is resumed goes by the same.
        counts: `memories` active ones looked at; `archived` by kind and reason; `kept`, due but
            left, by reason; `revived`; after an undo `restored` and `left`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    dry = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=RunState.choices, default=RunState.QUEUED)
    moment = models.DateTimeField()
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = DecayRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_decay_run_at_a_time",
                fields=["organisation"],
                condition=Q(state__in=["queued", "running", "undoing"]),
            ),
            models.CheckConstraint(
                name="known_decay_state",
                condition=Q(state__in=[state.value for state in RunState]),
            ),
        ]

    def __str__(self) -> str:
        return f"decay of {self.moment:%Y-%m-%d %H:%M} UTC"


class MoveReason(models.TextChoices):
    FADED = strength.FADED, "Nothing confirmed it for long"
    CONTRADICTED = strength.CONTRADICTED, "More people contradict it than confirm it"
    FAILING = strength.FAILING, "More people's tasks failed with it than went well"


class ReturnReason(models.TextChoices):
    CONFIRMED = strength.CONFIRMED, "Somebody confirmed it"
    UNDONE = strength.UNDONE, "The run was undone"


class DecayMove(models.Model):
    """A run archived a memory; and brought it back, if it did."""

    run = models.ForeignKey(DecayRun, on_delete=models.CASCADE, related_name="moves")
    memory = models.ForeignKey("memories.Memory", on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=MoveReason.choices)
    moved_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)
    restored_for = models.CharField(max_length=20, choices=ReturnReason.choices, blank=True)

    objects = DecayMoveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="archived_by_decay_once",
                fields=["memory"],
                condition=Q(restored_at__isnull=True),
            ),
            models.CheckConstraint(
                name="a_return_says_when_and_why",
                condition=Q(restored_at__isnull=True, restored_for="")
                | (Q(restored_at__isnull=False) & ~Q(restored_for="")),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
