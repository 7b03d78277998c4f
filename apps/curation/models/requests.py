"""What is proposed for wider spaces: shown to reviewers, approved, ruled on."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.curation.models.runs import Cluster, Decision, Link
from apps.curation.querysets import CandidateQuerySet, RulingQuerySet


class CandidateStatus(models.TextChoices):
    PENDING = "pending", "Awaiting review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    MERGED = "merged", "Merged into a published memory"
    WITHDRAWN = "withdrawn", "Withdrawn"


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
