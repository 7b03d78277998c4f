"""Append-only events: who did what to which objects, never their content; and their seals.

The triggers that keep events, leaves and seals append-only are in `sql.py`.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from apps.audit.querysets import AuditEventQuerySet


class AuditEvent(models.Model):
    """One thing that happened. Written in the transaction of what it records.

    People, tokens, spaces and objects are named by their public ids, without foreign keys: the
    record outlives what it speaks of.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    organisation = models.UUIDField(null=True)
    actor = models.UUIDField(null=True)
    owner = models.UUIDField(null=True)
    token = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60)
    space = models.UUIDField(null=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_ids = ArrayField(models.UUIDField(), default=list)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="audit_by_organisation"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            GinIndex(fields=["object_ids"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.action}"


class PendingEvent(models.Model):
    """An event that no seal covers yet. A trigger adds it with the event, the seal removes it.

    Ids are given when a row is written, not when its transaction commits: an event may appear
    below others that are sealed already. What waits is a row of its own, so none is overlooked.
    """

    event_id = models.BigIntegerField(primary_key=True)


class Leaf(models.Model):
    """An event's place in the log, given by the first seal that sees it committed.

    Attributes:
        position: from 0, without gaps.
        version: of the form that was hashed, see `core.canon`.
        hash: 32 bytes, see `core.merkle.leaf_hash`.
    """

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    version = models.SmallIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=0), name="audit_leaf_position")
        ]


class Seal(models.Model):
    """A signed tree head, as `core.canon.Head`; `edge` is what the next one continues from."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    previous = models.BinaryField(unique=True)  # nothing has two successors
    sealed_at = models.DateTimeField()
    key = models.CharField(max_length=16)
    hash = models.BinaryField(unique=True)
    signature = models.BinaryField()
    edge = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1, size__gte=1), name="audit_seal_counts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.size} events, {self.sealed_at:%Y-%m-%d %H:%M:%S}"
