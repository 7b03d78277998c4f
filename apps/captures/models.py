"""Transcripts of sessions as agents hand them over, and how far each has been distilled."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.captures.core.transcript import ROLES
from apps.captures.querysets import CaptureQuerySet, ChunkQuerySet


class CaptureState(models.TextChoices):
    OPEN = "open", "Being uploaded"
    WAITING = "waiting", "Waits to be distilled"
    DONE = "done", "Distilled"
    ASIDE = "aside", "Parts of it are set aside"


class Capture(models.Model):
    """One transcript, byte for byte as it came.

    Attributes:
        sha256: of the whole, in hex; empty while it is open.
        same_as: an earlier capture of the same bytes, which stands for this one.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    space = models.ForeignKey("spaces.Space", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    session_id = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=CaptureState.choices, default=CaptureState.OPEN)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    same_as = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    occurred_at = models.DateTimeField(help_text="When the session was.")
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    objects = CaptureQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="the_same_bytes_are_distilled_once",
                fields=["space", "author", "sha256"],
                condition=~Q(sha256="") & Q(same_as__isnull=True),
            ),
            models.CheckConstraint(
                name="what_is_complete_has_a_digest",
                condition=Q(state="open", sha256="", completed_at__isnull=True)
                | (~Q(state="open") & ~Q(sha256="") & Q(completed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="known_capture_state", condition=Q(state__in=CaptureState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"capture {self.public_id}"


class CapturePart(models.Model):
    """Bytes of a capture from `start` on, as one request brought them."""

    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="parts")
    start = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(name="a_byte_comes_once", fields=["capture", "start"])
        ]


class ChunkState(models.TextChoices):
    WAITING = "waiting", "Waits"
    DONE = "done", "Distilled"
    ASIDE = "aside", "Set aside"


class CaptureChunk(models.Model):
    """A stretch of a capture that is distilled by itself.

    Attributes:
        role: who speaks where it begins.
        cursor: how many of its statements have been dealt with, in the transaction that did it.
        attempts: times it was begun without coming to its end.
        found: what a model found, until it is written: [what, text, start, end] each, bytes of the
            capture; null for rules, which find the same again.
        made_by: `rules`, or task, version and model.
        policy_version: of the archivist's policy that said how; 0 for the built-in one.
        counts: `memories` new, `repeated`, `left_out` and `dropped` by reason, `withheld` pieces.
        error: what kind of error set it aside, without its words.
    """

    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    state = models.CharField(max_length=7, choices=ChunkState.choices, default=ChunkState.WAITING)
    role = models.CharField(
        max_length=9, blank=True, choices=[(role, role or "Nobody named") for role in ROLES]
    )
    cursor = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    found = models.JSONField(null=True)
    made_by = models.CharField(max_length=200, blank=True)
    policy_version = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=100, blank=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="chunks_are_numbered", fields=["capture", "number"]),
            models.CheckConstraint(name="a_chunk_has_bytes", condition=Q(start__lt=F("end"))),
            models.CheckConstraint(
                name="known_chunk_state", condition=Q(state__in=ChunkState.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="chunk_waiting", condition=Q(state="waiting")
            )
        ]
