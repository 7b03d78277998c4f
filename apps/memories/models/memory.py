"""The memory and its revisions."""

import uuid
from datetime import datetime

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from apps.memories.querysets import MemoryQuerySet


class Kind(models.TextChoices):
    FACT = "fact", "Fact"
    PREFERENCE = "preference", "Preference"
    PROCEDURE = "procedure", "Procedure"
    EPISODE = "episode", "Episode"
    DECISION = "decision", "Decision"
    DIRECTIVE = "directive", "Directive"
    SKILL = "skill", "Skill"
    SUMMARY = "summary", "Summary"
    BRIEF = "brief", "Brief"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    QUARANTINED = "quarantined", "Quarantined"
    SUPERSEDED = "superseded", "Superseded"
    ARCHIVED = "archived", "Archived"
    RETRACTED = "retracted", "Retracted"
    ERASED = "erased", "Erased"


class Sensitivity(models.TextChoices):
    NORMAL = "normal", "Normal"
    RESTRICTED = "restricted", "Restricted"
    SECRET = "secret", "Secret"


class Source(models.TextChoices):
    API = "api", "API"
    MCP = "mcp", "MCP"
    IMPORT = "import", "Import"
    PROMOTION = "promotion", "Promotion"
    CONSOLIDATION = "consolidation", "Consolidation"
    MESH = "mesh", "Mesh"


MOVES: dict[str, tuple[str, ...]] = {
    Status.ACTIVE: ("quarantined", "superseded", "archived", "retracted", "erased"),
    Status.QUARANTINED: ("active", "retracted", "erased"),
    Status.ARCHIVED: ("active", "retracted", "erased"),
    Status.SUPERSEDED: ("active", "retracted", "erased"),  # active: a merge was undone
    Status.RETRACTED: ("erased",),
    Status.ERASED: (),
}


class Memory(models.Model):
    """One statement worth keeping. The row is its newest revision."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Without an index of their own: another one begins with them, or it is partial
    organisation = models.ForeignKey(
        "spaces.Organisation", on_delete=models.CASCADE, db_index=False
    )
    space = models.ForeignKey(
        "spaces.Space", on_delete=models.PROTECT, related_name="memories", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memories"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    session_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.FACT)
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    importance = models.FloatField(default=0.5)
    sensitivity = models.CharField(
        max_length=10, choices=Sensitivity.choices, default=Sensitivity.NORMAL
    )
    source = models.CharField(max_length=13, choices=Source.choices, default=Source.API)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.ACTIVE)
    content_hash = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    occurred_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    supersedes = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="successors",
        db_index=False,
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    corroborated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = MemoryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["space", "-created_at", "-id"], name="memory_by_space"),
            models.Index(fields=["organisation", "owner"], name="memory_by_owner"),
            models.Index(
                fields=["expires_at"],
                name="memory_expiring",
                condition=Q(status="active", expires_at__isnull=False),
            ),
            GinIndex(fields=["metadata"], name="memory_metadata", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["session_id", "occurred_at"], name="memory_by_session"),
            models.Index(
                fields=["supersedes"],
                name="memory_by_superseded",
                condition=Q(supersedes__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_write_one_memory",
                fields=["space", "author", "content_hash"],
                condition=Q(status__in=["active", "quarantined"]),
            ),
            models.CheckConstraint(
                name="importance_between_0_and_1",
                condition=Q(importance__gte=0, importance__lte=1),
            ),
            models.CheckConstraint(
                name="valid_time_is_not_empty",
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lt=F("valid_to")),
            ),
            models.CheckConstraint(
                name="known_kind", condition=Q(kind__in=[kind.value for kind in Kind])
            ),
            models.CheckConstraint(
                name="known_status", condition=Q(status__in=[status.value for status in Status])
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="status_moves",
                field="status",
                transitions=[(old, new) for old, news in MOVES.items() for new in news],
            ),
            pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def etag(self) -> str:
        """Strong validator of this revision, quoted as HTTP wants it."""
        return f'"{self.public_id.hex[:12]}-{self.revision}"'

    def expired(self, now: datetime) -> bool:
        """True once `expires_at` has come."""
        return self.expires_at is not None and self.expires_at <= now


class MemoryRevision(models.Model):
    """One state of a memory's content; system time runs from `recorded_at` to the next one's."""

    memory = models.ForeignKey(
        Memory, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    status = models.CharField(max_length=11, choices=Status.choices)
    text = models.TextField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    language = models.CharField(max_length=8, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    metadata = models.JSONField(default=dict)
    importance = models.FloatField()
    sensitivity = models.CharField(max_length=10, choices=Sensitivity.choices)
    occurred_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["memory", "number"], name="revisions_are_numbered")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"
