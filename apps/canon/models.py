"""Canon (L4): documents, their immutable revisions, and the proposals that change them."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from pgvector.django import HalfVectorField, SparseVectorField

from apps.canon.querysets import (
    DocumentQuerySet,
    MirrorQuerySet,
    ProposalQuerySet,
    RevisionQuerySet,
    RulesQuerySet,
    SectionIndexQuerySet,
    SectionQuerySet,
)
from apps.spaces.models import SpaceVersion


class Change(models.TextChoices):
    CREATE = "create", "Add a document"
    CHANGE = "change", "Change a document"
    RETIRE = "retire", "Retire a document"


class Origin(models.TextChoices):
    MEMORY = "memory", "From shared memories"
    REQUEST = "request", "From a promotion request"
    EDIT = "edit", "Written in the hub"
    UPLOAD = "upload", "Uploaded"
    GIT = "git", "Changed in the git repository"


class ProposalStatus(models.TextChoices):
    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REJECTED = "rejected", "Rejected"


PROPOSAL_MOVES = [("open", "merged"), ("open", "withdrawn"), ("open", "rejected")]


def _sha256(column: str) -> Func:
    """SHA-256 of a text column's UTF-8 bytes in hex, by the database itself."""
    octets = Func(F(column), Value("UTF8"), function="convert_to")
    return Func(
        Func(octets, function="sha256"),
        Value("hex"),
        function="encode",
        output_field=models.CharField(),
    )


class Document(models.Model):
    """A file of canon. Its space says who reads it; its path is its own in the organisation."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    space = models.ForeignKey("spaces.Space", on_delete=models.PROTECT, related_name="documents")
    path = models.CharField(max_length=200)
    path_key = models.CharField(max_length=400, help_text="What equals on some file system.")
    head = models.ForeignKey(
        "Revision", on_delete=models.PROTECT, null=True, related_name="+", help_text="The newest."
    )
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["path_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "path_key"], name="a_path_is_one_document_s"
            ),
            models.CheckConstraint(
                name="a_path_stays_below_its_root",
                condition=Q(path__endswith=".md")
                & ~Q(path__startswith="/")
                & ~Q(path__regex=r"(^|/)\.")
                & ~Q(path__contains="//"),
            ),
        ]
        triggers = [pgtrigger.Protect(name="documents_stay", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.path


class Revision(models.Model):
    """One state of a document. Never changed: other bytes are another revision.

    Attributes:
        content: the whole file, front matter included; empty where the document was retired.
        position: place among all merges of the space, from 1 without gaps: the order in git.
        witness: proposal, author, who merged and approved, and the sources, by public ids.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revisions")
    space = models.ForeignKey("spaces.Space", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    proposal = models.OneToOneField(
        "ChangeProposal", on_delete=models.PROTECT, related_name="revision"
    )
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    retires = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=1024, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    owner_team = models.CharField(max_length=120, blank=True)
    effective_from = models.DateField(null=True)
    effective_to = models.DateField(null=True)
    matter = models.JSONField(default=dict, help_text="Front matter without a column of its own.")
    witness = models.JSONField()
    merged_at = models.DateTimeField()

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["document", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "number"], name="canon_revisions_are_numbered"
            ),
            models.UniqueConstraint(fields=["space", "position"], name="merges_are_in_one_order"),
            models.CheckConstraint(
                name="a_revision_is_its_hash", condition=Q(sha256=_sha256("content"))
            ),
            models.CheckConstraint(
                name="only_a_retired_document_is_empty", condition=Q(retires=True) ^ ~Q(content="")
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class Section(models.Model):
    """A part of a revision, for search; `known_to` is when the next revision took its place."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="sections")
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    anchor = models.CharField(max_length=300, blank=True)
    heading = models.TextField(blank=True)
    text = models.TextField()
    lexemes = SearchVectorField()
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True)

    objects = SectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "place"], name="sections_are_numbered")
        ]
        indexes = [GinIndex(fields=["lexemes"], name="canon_section_words")]

    def __str__(self) -> str:
        return self.heading


class SectionIndex(models.Model):
    """What a search for a section needs, one row per section and embedding model, as of memories.

    `embedding` is null while it is pending work. A section never changes, so neither does its row.
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="index")
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=120)
    terms = SparseVectorField(dimensions=1_000_000_000)
    embedding = HalfVectorField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    objects = SectionIndexQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["section", "model"], name="one_section_row_per_embedding_model"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="canon_sections_pending",
                condition=Q(embedding__isnull=True),
            )
        ]


class ChangeProposal(models.Model):
    """What somebody wants a document to say: read, discussed, approved by its hash, merged."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="proposals")
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, null=True, related_name="proposals"
    )
    base = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, related_name="+",
        help_text="The revision it was written against.",
    )  # fmt: skip
    change = models.CharField(max_length=6, choices=Change.choices)
    origin = models.CharField(max_length=7, choices=Origin.choices)
    request = models.UUIDField(null=True, help_text="The promotion request it came from.")
    path = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=9, choices=ProposalStatus.choices, default=ProposalStatus.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.TextField(blank=True, help_text="Why it was withdrawn or rejected.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["space", "status", "-created_at"], name="canon_queue")]
        constraints = [
            models.CheckConstraint(
                name="a_change_names_its_base",
                condition=Q(change="create", document__isnull=True, base__isnull=True)
                | Q(change="create", status="merged")
                | Q(change__in=["change", "retire"], document__isnull=False, base__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="proposal_moves", field="status", transitions=PROPOSAL_MOVES)
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.path}"

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self.status == ProposalStatus.OPEN


class ProposalSource(models.Model):
    """A memory the proposal was made from, at the revision that was read."""

    proposal = models.ForeignKey(ChangeProposal, on_delete=models.CASCADE, related_name="sources")
    memory = models.ForeignKey("memories.Memory", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "memory"], name="a_source_is_named_once")
        ]


class Approval(models.Model):
    """Somebody's word for bytes. It says nothing about others, so an edit leaves it behind."""

    proposal = models.ForeignKey(ChangeProposal, on_delete=models.CASCADE, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "person", "sha256"], name="bytes_are_approved_once"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class Comment(models.Model):
    """A turn in the discussion of a proposal."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    proposal = models.ForeignKey(ChangeProposal, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]


class ReviewRules(SpaceVersion):
    """What a space asks of changes, one row per version; a space without one inherits."""

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="canon_rules")

    objects = RulesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "review rules"
        constraints = [
            models.UniqueConstraint(fields=["space", "version"], name="canon_rules_are_numbered")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.space} canon rules v{self.version}"


class PushState(models.TextChoices):
    NEVER = "", "Never pushed"
    PUSHED = "pushed", "Pushed"
    WAITING = "waiting", "Tried again later"
    REFUSED = "refused", "Refused by the remote"
    DIVERGED = "diverged", "Others changed the remote"


class Mirror(models.Model):
    """How far the git repository of a space follows its merges, and its remote the repository.

    Attributes:
        push_error: in the hub's own words, never the remote's.
        push_due: when a push that failed is tried again; None for at once.
        looked_at: when it was last looked at what others changed there.
    """

    space = models.OneToOneField("spaces.Space", on_delete=models.CASCADE, related_name="mirror")
    position = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=40, blank=True)
    pushed = models.CharField(max_length=40, blank=True, help_text="What the remote was given.")
    mirrored_at = models.DateTimeField(null=True)
    push_state = models.CharField(
        max_length=8, choices=PushState.choices, default=PushState.NEVER, blank=True
    )
    push_error = models.CharField(max_length=200, blank=True)
    push_attempts = models.PositiveSmallIntegerField(default=0)
    push_due = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    request_url = models.CharField(max_length=500, blank=True, help_text="The open pull request.")

    objects = MirrorQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.space} at {self.head[:10]}"
