"""What was asked and shown: one row per recall, for feedback, outcomes and audit."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class RecallUse(models.Model):
    """One recall: who asked, a digest of the question, which memories were shown.

    The question itself is not kept. Use is not evidence: nothing here changes a memory.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE, null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    query_hash = models.CharField(max_length=64)
    memories = ArrayField(models.UUIDField())
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"], name="recall_by_person")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"recall {self.public_id}"
