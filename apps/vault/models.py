"""Data keys: what encrypts credentials, itself kept encrypted by a key of a key keeper."""

import uuid

import pgtrigger
from django.db import models
from django.db.models.functions import Coalesce


class DataKey(models.Model):
    """The AES-256 key of one organisation's credentials (or of the hub's), wrapped.

    The key itself is nowhere in the database. Re-wrapping replaces `wrapped`, `keeper` and
    `keeper_key`; values encrypted with the key stay as they are. Without the row they are lost, so
    it is never deleted.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.UUIDField(null=True, editable=False)
    keeper = models.CharField(max_length=10)
    keeper_key = models.CharField(max_length=500, help_text="The keeper's name of its key.")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    wrapped_at = models.DateTimeField()

    class Meta:
        constraints = [
            # no `nulls_distinct`: with it `manage.py check` asks the database for its version
            models.UniqueConstraint(
                Coalesce("organisation", models.Value(uuid.UUID(int=0))),
                name="one_data_key_per_organisation",
            )
        ]
        triggers = [pgtrigger.Protect(name="keys_stay", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"data key {self.public_id.hex[:8]} under {self.keeper}:{self.keeper_key}"
