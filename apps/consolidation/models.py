"""Policies of the archivist, its runs and their steps, what it changed, proposes and tells."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.consolidation.querysets import (
    ArchivistPolicyQuerySet,
    ArchivistProposalQuerySet,
    BriefQuerySet,
    ChangeQuerySet,
    ConsolidationRunQuerySet,
)
from apps.spaces.models import SpaceVersion

# A source outside of its change's space would carry words across: refused whoever asks
_ONE_SPACE = """
    IF NOT EXISTS (SELECT FROM memories_memory m JOIN {parent} p ON p.space_id = m.space_id
                    WHERE m.id = NEW.memory_id AND p.id = NEW.{column}) THEN
        RAISE EXCEPTION 'a source lies in another space' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Trigger(models.TextChoices):
    TIME = "time", "It was time"
    WRITES = "writes", "Enough was written"
    REQUEST = "request", "Somebody asked"


class ChangeKind(models.TextChoices):
    MERGE = "merge", "Several became one"
    SUMMARY = "summary", "Summarised"
    SYNTHESIS = "synthesis", "Connected"


class ChangeState(models.TextChoices):
    DONE = "done", "In force"
    UNDONE = "undone", "Undone"


class ProposalKind(models.TextChoices):
    MERGE = "merge", "Make one of several"
    SUMMARY = "summary", "Summarise"
    SYNTHESIS = "synthesis", "Connect"
    PROMOTION = "promotion", "Share more widely"


class ProposalStatus(models.TextChoices):
    PENDING = "pending", "Awaiting a decision"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    STALE = "stale", "Overtaken"


class Maker(models.TextChoices):
    RULES = "rules", "Certain rules"
    LIKENESS = "likeness", "Likeness of words and meaning"
    EXTRACT = "extract", "Sentences of the sources"
    MODEL = "model", "A language model"


class ArchivistPolicy(SpaceVersion):
    """Policy of one space, one row per version; a space without one inherits from above."""

    objects = ArchivistPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "archivist policies"
        constraints = [
            models.UniqueConstraint(
                fields=["space", "version"], name="archivist_versions_are_numbered"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(  # reasons are emptied when their author is erased
                name="values_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("space", "version", "values", "author"),
            ),
        ]

    def __str__(self) -> str:
        return f"archivist policy v{self.version}"


class ConsolidationRun(models.Model):
    """One pass over a space."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    space = models.ForeignKey(
        "spaces.Space", on_delete=models.CASCADE, related_name="consolidation_runs"
    )
    trigger = models.CharField(max_length=7, choices=Trigger.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dry = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=RunState.choices, default=RunState.QUEUED)
    policy_version = models.PositiveIntegerField(default=0)
    seen_from = models.DateTimeField(
        null=True, help_text="What was written before was compared by an earlier run."
    )
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ConsolidationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["space", "-created_at"], name="consolidation_by_space")]
        constraints = [
            models.UniqueConstraint(
                name="one_consolidation_at_a_time",
                fields=["space"],
                condition=Q(state__in=["queued", "running"]),
            ),
            models.CheckConstraint(
                name="known_consolidation_state", condition=Q(state__in=RunState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"consolidation of {self.created_at:%Y-%m-%d %H:%M} UTC"


class RunStep(models.Model):
    """A step that a run has finished; a run that lost its worker goes on with the next one."""

    run = models.ForeignKey(ConsolidationRun, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20)
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="a_step_is_finished_once")
        ]

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """Several memories became one, were summarised or connected; it can be undone."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(
        ConsolidationRun, on_delete=models.CASCADE, null=True, related_name="changes"
    )
    kind = models.CharField(max_length=9, choices=ChangeKind.choices)
    maker = models.CharField(max_length=8, choices=Maker.choices)
    state = models.CharField(max_length=6, choices=ChangeState.choices, default=ChangeState.DONE)
    result = models.ForeignKey("memories.Memory", on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True, help_text="Why it was undone.")
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["space", "state"], name="change_by_space")]
        constraints = [
            models.UniqueConstraint(fields=["result"], name="a_result_has_one_change"),
            models.CheckConstraint(
                name="what_is_undone_says_when",
                condition=Q(state="done", undone_at__isnull=True)
                | Q(state="undone", undone_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="change_moves", field="state", transitions=[("done", "undone")]),
            pgtrigger.Protect(name="rows_stay", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.created_at:%Y-%m-%d}"


class ChangeSource(models.Model):
    """A memory that went into a change, with the words and status it had."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="sources")
    memory = models.ForeignKey("memories.Memory", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(help_text="Before the change.")
    content_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "memory"], name="a_source_changes_once")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="source_of_one_space",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_ONE_SPACE.format(parent="consolidation_change", column="change_id"),
            ),
        ]


class Proposal(models.Model):
    """What the archivist would do if a person agreed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(
        "spaces.Space", on_delete=models.CASCADE, null=True, blank=True, related_name="+",
        help_text="The wider space, of a promotion.",
    )  # fmt: skip
    run = models.ForeignKey(
        ConsolidationRun, on_delete=models.CASCADE, null=True, related_name="proposals"
    )
    kind = models.CharField(max_length=9, choices=ProposalKind.choices)
    maker = models.CharField(max_length=8, choices=Maker.choices)
    status = models.CharField(
        max_length=8, choices=ProposalStatus.choices, default=ProposalStatus.PENDING
    )
    text = models.TextField(help_text="The words that would be kept.")
    lead = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The memory whose words they are.",
    )  # fmt: skip
    claims = models.JSONField(default=list, help_text="Of a summary: sentences and their sources.")
    reasons = ArrayField(models.CharField(max_length=60), default=list)
    figures = models.JSONField(default=dict)
    members_hash = models.CharField(max_length=64)
    policy_version = models.PositiveIntegerField(default=0)
    result = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ArchivistProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["space", "status", "kind"], name="proposal_queue")]
        constraints = [
            models.UniqueConstraint(
                name="one_pending_proposal_for_the_same",
                fields=["space", "kind", "members_hash"],
                condition=Q(status="pending"),
            ),
            models.CheckConstraint(
                name="a_decided_proposal_names_its_judge",
                condition=~Q(status__in=["approved", "rejected"])
                | Q(reviewer__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_promotion_has_a_target",
                condition=Q(kind="promotion", target__isnull=False)
                | (~Q(kind="promotion") & Q(target__isnull=True)),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="proposal_moves",
                field="status",
                transitions=[
                    ("pending", "approved"), ("pending", "rejected"), ("pending", "stale"),
                ],
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text[:80]


class ProposalSource(models.Model):
    """A memory as the proposal shows it."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="sources")
    memory = models.ForeignKey(
        "memories.Memory", on_delete=models.PROTECT, related_name="consolidated"
    )
    revision = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "memory"], name="a_source_is_shown_once")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="source_of_one_space",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_ONE_SPACE.format(parent="consolidation_proposal", column="proposal_id"),
            ),
        ]


class Draft(models.Model):
    """What a language model wrote of some memories, so that it is asked once. Hostile text."""

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    task = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="Of the sources' words and the prompt.")
    answer = models.JSONField(null=True)
    tokens = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["space", "task", "model", "digest"], name="a_draft_is_written_once"
            )
        ]


class Brief(models.Model):
    """What is going on in a space, as it was last put together. Its words are of its sources."""

    space = models.OneToOneField("spaces.Space", on_delete=models.CASCADE, related_name="+")
    maker = models.CharField(max_length=8, choices=Maker.choices)
    claims = models.JSONField(default=list, help_text="Sentences and places of their sources.")
    fingerprint = models.CharField(max_length=64, help_text="Of what it was made of, and how.")
    policy_version = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(help_text="When it last changed.")
    checked_at = models.DateTimeField(help_text="When its sources were last looked at.")

    objects = BriefQuerySet.as_manager()

    def __str__(self) -> str:
        return f"brief of {self.refreshed_at:%Y-%m-%d %H:%M} UTC"


class BriefSource(models.Model):
    """A memory that a brief quotes, in the state that it had then."""

    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="sources")
    memory = models.ForeignKey("memories.Memory", on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(help_text="As claims cite it, from 0.")
    revision = models.PositiveIntegerField()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["brief", "place"], name="a_place_is_cited_as_one")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="source_of_one_space",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_ONE_SPACE.format(parent="consolidation_brief", column="brief_id"),
            ),
        ]
