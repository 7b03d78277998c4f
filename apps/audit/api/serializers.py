"""What `/audit` answers."""

from typing import Any

from rest_framework import serializers

from apps.audit.models import AuditEvent


class AuditEventOut(serializers.ModelSerializer[AuditEvent]):
    """One event. People, tokens, spaces and objects by their ids."""

    id = serializers.UUIDField(source="public_id")
    detail = serializers.DictField()

    class Meta:
        model = AuditEvent
        fields = (
            "id", "created_at", "actor", "owner", "token", "request_id", "action", "space",
            "object_type", "object_ids", "reason", "detail",
        )  # fmt: skip


class SealOut(serializers.Serializer[Any]):
    """A seal over the first `size` events of the hub, of all organisations together."""

    number = serializers.IntegerField()
    size = serializers.IntegerField()
    root = serializers.CharField(  # type: ignore[assignment]  # a name that fields have, too
        help_text="Of the Merkle tree, in hexadecimal digits."
    )
    previous = serializers.CharField(help_text="Hash of the seal before; zeros for the first.")
    sealed_at = serializers.CharField()
    key = serializers.CharField(help_text="Id of the key that signed it.")
    hash = serializers.CharField(help_text="What `audit verify --expect` asks for.")
    signature = serializers.CharField()


class SealingOut(serializers.Serializer[Any]):
    """How the seals stand. Whether the whole log is right is for `manage.py audit verify`."""

    seal = SealOut(allow_null=True, help_text="The last one.")
    signature = serializers.ChoiceField(
        choices=["valid", "forged", "unknown"], allow_null=True, help_text="Of the last seal."
    )
    unsealed = serializers.IntegerField(help_text="Your events that no seal covers yet.")
