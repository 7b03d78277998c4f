"""Policies, runs, clusters of same-fact memories, decisions and what reviewers see of them."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.curation.core.quarantine import MOVES
from apps.curation.querysets import (
    CandidateQuerySet,
    CurationRunQuerySet,
    DecisionQuerySet,
    PolicyQuerySet,
    RulingQuerySet,
    ScreeningQuerySet,
)
from apps.spaces.models import SpaceVersion


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class VerdictChoice(models.TextChoices):
    PROMOTE = "promote", "Publish"
    REVIEW = "review", "Ask a reviewer"
    HOLD = "hold", "Hold"
    CORROBORATE = "corroborate", "Corroborates what is published"


class CandidateStatus(models.TextChoices):
    PENDING = "pending", "Awaiting review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    MERGED = "merged", "Merged into a published memory"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Link(models.TextChoices):
    CERTAIN = "certain", "Same text"
    JUDGED = "judged", "Same fact, by the language model"
    CONTAINS = "contains", "One says more than the other"
    LIKELY = "likely", "Likely the same fact"
    REVIEWER = "reviewer", "Joined by a reviewer"


class Policy(SpaceVersion):
    """Thresholds of one space, one row per version; a space without one inherits from above."""

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="policies")

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["space", "version"], name="policy_versions_are_numbered"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.space} policy v{self.version}"


class CurationRun(models.Model):
    """One pass over an organisation: what was read, decided and why."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dry = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=RunState.choices, default=RunState.QUEUED)
    step = models.CharField(max_length=40, blank=True)
    progress = models.JSONField(default=dict, help_text="Of the step, and the share of the run.")
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=list, help_text="What a dry run would have decided.")

    objects = CurationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_run_at_a_time",
                fields=["organisation"],
                condition=Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"run of {self.created_at:%Y-%m-%d %H:%M} UTC"


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


class Cluster(models.Model):
    """Memories that state the same fact, certainly or likely. Lives from run to run."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    canonical = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, related_name="canonical_of"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"cluster {self.public_id.hex[:8]}"


class ClusterMember(models.Model):
    """A memory belongs to at most one cluster; `statement` numbers identical texts in it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="members")
    memory = models.OneToOneField(
        "memories.Memory", on_delete=models.CASCADE, related_name="cluster_member"
    )
    link = models.CharField(max_length=8, choices=Link.choices)
    statement = models.PositiveIntegerField()


class RulingKind(models.TextChoices):
    TOGETHER = "together", "State one fact"
    APART = "apart", "State different facts"
    LIFTED = "lifted", "Takes an earlier word back"


class Ruling(models.Model):
    """A reviewer's word on notes: that they state one fact, or that two sides do not.

    Or that an earlier word no longer counts, which leaves open what the notes state.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    said = models.CharField(max_length=8, choices=RulingKind.choices)
    candidate = models.ForeignKey(
        "Candidate", on_delete=models.CASCADE, related_name="rulings", help_text="The request read."
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    takes_back = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="taken_back_by"
    )
    before = models.JSONField(default=dict, help_text="Row ids of what it moved, to take it back.")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = RulingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="known_ruling", condition=Q(said__in=RulingKind.values)),
            models.CheckConstraint(
                name="who_takes_back_says_what",
                condition=Q(said="lifted", takes_back__isnull=False)
                | ~Q(said="lifted") & Q(takes_back__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.said


class RulingNote(models.Model):
    """A note on one side of a ruling, with the hash of its words: other words, other matter."""

    ruling = models.ForeignKey(Ruling, on_delete=models.CASCADE, related_name="notes")
    memory = models.ForeignKey("memories.Memory", on_delete=models.CASCADE, related_name="+")
    content_hash = models.CharField(max_length=64)
    second = models.BooleanField(help_text="On the second side; which is which says nothing.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ruling", "memory"], name="a_note_is_ruled_on_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class Decision(models.Model):
    """What was decided on a cluster, with every input needed to decide it again."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(CurationRun, on_delete=models.CASCADE, related_name="decisions")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="decisions")
    target = models.ForeignKey(
        "spaces.Space", on_delete=models.CASCADE, null=True, related_name="+"
    )
    verdict = models.CharField(max_length=11, choices=VerdictChoice.choices)
    score = models.FloatField()
    reasons = ArrayField(models.CharField(max_length=60))
    inputs = models.JSONField()
    evidence_hash = models.CharField(max_length=64)
    policy_version = models.PositiveIntegerField()
    engine_version = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["cluster", "-id"], name="decision_by_cluster")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.verdict}: {', '.join(self.reasons)}"


class Opinion(models.Model):
    """What a language model answered about one text or a pair of them, so that it is asked once.

    Texts are named by their SHA-256. Without an answer the row counts how often there was none.
    """

    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    task = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=200)
    subject = models.CharField(max_length=64)
    other = models.CharField(max_length=64, blank=True)
    sample = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="an_opinion_is_asked_once",
                fields=["organisation", "task", "version", "model", "subject", "other", "sample"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} by {self.model}"


class ModelUse(models.Model):
    """What an organisation's curation asked of language models on one day, UTC."""

    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "day"], name="use_is_counted_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls on {self.day}"


class Candidate(models.Model):
    """A cluster proposed for a wider space: published at once, or a request to a reviewer."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="candidates")
    target = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="candidates")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=9, choices=CandidateStatus.choices, default=CandidateStatus.PENDING
    )
    text = models.TextField()
    edited = models.BooleanField(default=False, help_text="A reviewer chose the words.")
    members_hash = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    published = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made = models.BooleanField(default=False, help_text="What is published was made for it.")
    readers = models.PositiveIntegerField(default=0, help_text="People who read the target.")
    ranked_at = models.DateTimeField(
        db_default=Now(), help_text="Its place in the queue; see core/attention.py."
    )
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    deferred_until = models.DateTimeField(null=True, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_pending_request_per_cluster_and_target",
                fields=["cluster", "target"],
                condition=Q(status="pending"),
            ),
            models.CheckConstraint(
                name="a_hold_has_an_end",
                condition=Q(held_by__isnull=True, held_until__isnull=True)
                | Q(held_by__isnull=False, held_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["target", "status", "-created_at"], name="candidate_queue"),
            models.Index(
                fields=["ranked_at", "id"], name="pending_by_rank", condition=Q(status="pending")
            ),
            models.Index(fields=["status", "-decided_at", "id"], name="decided_by_time"),
            models.Index(
                fields=["target", "status"],
                include=["deferred_until", "assignee"],
                name="candidate_counts",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class CandidateMember(models.Model):
    """A memory as the reviewer was shown it: evidence is what was seen, not what it became."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="members")
    memory = models.ForeignKey("memories.Memory", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    link = models.CharField(max_length=8, choices=Link.choices)
    independent = models.BooleanField()
    linked = models.BooleanField(default=False, help_text="By the decision, to what is published.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "memory"], name="a_member_is_shown_once")
        ]

    @property
    def public_id(self) -> uuid.UUID:
        """Names the member within its request and tells nothing of the memory's own id.

        The memory and the candidate must be loaded.
        """
        return uuid.uuid5(self.candidate.public_id, self.memory.public_id.hex)


class Approval(models.Model):
    """One of several approvals that a policy asks for: who, of which revision, and to what end."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="approvals")
    revision = models.PositiveIntegerField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    target = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    supersedes = models.ForeignKey(
        "memories.Memory", on_delete=models.CASCADE, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "revision", "reviewer"], name="one_approval_each"
            )
        ]
