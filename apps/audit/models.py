"""Append-only events: who did what to which objects, never their content."""

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

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
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.action}"
