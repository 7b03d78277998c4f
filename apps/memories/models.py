"""The memory (L1 and L3), its revisions, its index, where it came from and how it fared."""

import uuid
from datetime import datetime

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField, SparseVectorField

from apps.memories import sql
from apps.memories.querysets import (
    MemoryIndexQuerySet,
    MemoryQuerySet,
    OutcomeQuerySet,
)


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


class MemoryIndex(models.Model):
    """Everything a search needs, one row per memory and embedding model.

    Wide vectors stay out of the history, and two models can live side by side. `embedding` is
    null while it is pending work.
    """

    # Both have an index that begins with them. Space and author are the memory's, which is held to
    # them: they are not checked twice.
    memory = models.ForeignKey(
        Memory, on_delete=models.CASCADE, related_name="index", db_index=False
    )
    model = models.CharField(max_length=120)
    space = models.ForeignKey(
        "spaces.Space",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=12)
    status = models.CharField(max_length=11)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    session_id = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    content_hash = models.CharField(max_length=64)
    lexemes = SearchVectorField()
    terms = SparseVectorField(dimensions=1_000_000_000)
    embedding = HalfVectorField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    objects = MemoryIndexQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "model"], name="one_index_row_per_model")
        ]
        indexes = [
            # Words, tags and spaces in one index: a common word costs what the searched spaces
            # hold of it, not what everybody does.
            GinIndex(
                F("lexemes"),
                F("tags"),
                models.Func(F("space_id"), template="(ARRAY[%(expressions)s])"),
                name="index_words_in_space",
                # What is new waits in a list that every search reads, and is sorted in together
                fastupdate=True,
                gin_pending_list_limit=256,  # KiB
            ),
            models.Index(fields=["space", "model", "status", "kind"], name="index_by_space_kind"),
            models.Index(
                fields=["session_id", "space"], name="index_by_session", condition=~Q(session_id="")
            ),
            models.Index(
                fields=["space", "expires_at"],
                name="index_expiring",
                condition=Q(expires_at__isnull=False),
            ),
            # For who asks what is due. No use to a recall, which asks what is pending in its own
            # spaces: hence the condition that is always true. While nothing is pending one index
            # looks as good as the other, and this one would have it read everybody's backlog.
            models.Index(
                fields=["next_attempt_at"],
                name="index_due",
                condition=Q(embedding__isnull=True, attempts__gte=0),
            ),
            models.Index(
                fields=["space", "model"],
                name="index_pending_by_space",
                condition=Q(embedding__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="count_inserted",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
                func=sql.COUNT_INSERTED,
            ),
            pgtrigger.Trigger(
                name="count_updated",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf(*sql.COUNTED),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Condition(sql.COUNTS_CHANGED),
                func=sql.COUNT_UPDATED,
            ),
            pgtrigger.Trigger(
                name="count_deleted",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="old_rows"),  # type: ignore[no-untyped-call]
                func=sql.COUNT_DELETED,
            ),
        ]


class Corpus(models.Model):
    """What is counted together: the index rows of one space, one model and one status."""

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=120)
    status = models.CharField(max_length=11)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["space", "model", "status"], name="one_corpus_per_space_model_status"
            )
        ]


class TermCount(models.Model):
    """How many memories of a corpus hold a term (or a kind, tag or session); all rows add up.

    Triggers only append, so that writers never wait for each other on a common word; a sweep folds
    the rows of a term into one. The empty term stands for every memory.
    """

    # Corpora go only with their space, and twenty checks a write are not worth that.
    corpus = models.ForeignKey(
        Corpus, on_delete=models.CASCADE, related_name="terms", db_constraint=False, db_index=False
    )
    term = models.TextField(db_collation="C", blank=True)
    documents = models.IntegerField()
    fresh = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["corpus", "term"], include=["documents"], name="count_by_term"),
            models.Index(fields=["id"], condition=Q(fresh=True), name="count_fresh"),
        ]


class EmbeddingRole(models.TextChoices):
    ACTIVE = "active", "Answers questions"
    NEXT = "next", "Being filled, kept current"
    PREVIOUS = "previous", "Kept current for a way back"


class EmbeddingModel(models.Model):
    """A model whose vectors are kept: one active, at most one beside it.

    No row at all means that the settings name the only one. Secrets are not kept here: the row
    names the environment variable that holds the key.
    """

    model = models.CharField(max_length=120, unique=True)
    role = models.CharField(max_length=8, choices=EmbeddingRole.choices)
    name = models.CharField(max_length=120)
    compute = models.CharField(max_length=10, blank=True)
    dimensions = models.PositiveIntegerField(null=True)
    languages = ArrayField(models.CharField(max_length=8), default=list)
    api_base = models.CharField(max_length=500, blank=True)
    api_key_variable = models.CharField(max_length=100, default="EMBEDDING_API_KEY")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_embedding_model_per_role",
                fields=["role"],
                deferrable=models.Deferrable.DEFERRED,  # a switch changes two rows
            ),
            models.CheckConstraint(
                name="known_embedding_role",
                condition=Q(role__in=[role.value for role in EmbeddingRole]),
            ),
        ]

    def __str__(self) -> str:
        return self.model


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
