"""What a search reads of a memory, what is counted of it, and the models that make vectors."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField, SparseVectorField

from apps.memories import sql
from apps.memories.models.memory import Memory
from apps.memories.querysets import MemoryIndexQuerySet


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
