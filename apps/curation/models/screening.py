"""What the screen found in memories, and what it found clean."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.curation.core.quarantine import MOVES
from apps.curation.querysets import ScreeningQuerySet


class ScreeningState(models.TextChoices):
    KEPT = "kept", "Kept back"
    DISPUTED = "disputed", "Disputed by its owner"
    RELEASED = "released", "Released: a false alarm"
    CONFIRMED = "confirmed", "Confirmed"
    CLEARED = "cleared", "Cleared by newer rules"


class Screening(models.Model):
    """The screen found something in a memory's revision; it stays in its space until released."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    memory = models.ForeignKey(
        "memories.Memory", on_delete=models.CASCADE, related_name="screenings"
    )
    revision = models.PositiveIntegerField()
    codes = ArrayField(models.CharField(max_length=60))
    rules = models.PositiveSmallIntegerField(default=0, help_text="SCREEN_VERSION that found them.")
    state = models.CharField(
        max_length=9, choices=ScreeningState.choices, default=ScreeningState.KEPT
    )
    plea = models.TextField(blank=True, help_text="Why its owner calls it a false alarm.")
    disputed_at = models.DateTimeField(null=True, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["memory", "revision"], name="a_revision_is_marked_once"
            ),
            models.CheckConstraint(
                name="a_judged_mark_names_its_judge",
                condition=~Q(state__in=["released", "confirmed"])
                | Q(reviewer__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_release_has_a_reason", condition=~Q(state="released") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="known_screening_state", condition=Q(state__in=ScreeningState.values)
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="screening_moves",
                field="state",
                transitions=[(old, new) for old, news in MOVES.items() for new in news],
            )
        ]

    def __str__(self) -> str:
        return ", ".join(self.codes)

    @property
    def is_current(self) -> bool:
        """Whether the memory still says what was marked."""
        return self.memory.revision == self.revision and self.memory.status == "active"


class CleanScreening(models.Model):
    """The screen found nothing in a memory's revision: not read again until either changes."""

    memory = models.OneToOneField(
        "memories.Memory", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    revision = models.PositiveIntegerField()
    rules = models.PositiveSmallIntegerField(help_text="SCREEN_VERSION that found nothing.")
