"""Policies, runs, clusters of memories that state the same fact, and what is decided on them."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.curation.querysets import CurationRunQuerySet, DecisionQuerySet, PolicyQuerySet
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
