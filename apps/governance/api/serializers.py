"""Shapes of erasures and legal holds."""

from typing import Any

from rest_framework import serializers

from apps.governance.models import (
    Erasure,
    LegalHold,
    RetentionAction,
    RetentionBasis,
    RetentionRule,
    RetentionRun,
)
from apps.kernel.fields import Choice
from apps.memories.models import Kind


class ErasureIn(serializers.Serializer[Any]):
    """Whom to erase, and why."""

    person = serializers.UUIDField(help_text="Id of the person; see `/spaces/{id}/members`.")
    reason = serializers.CharField(
        max_length=2000, help_text="Stands in the certificate; name nobody in it."
    )


class ErasureOut(serializers.ModelSerializer[Erasure]):
    """An erasure and how far it is."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    person = serializers.UUIDField(source="person.public_id", read_only=True)
    requested_by = serializers.UUIDField(
        source="requested_by.public_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Erasure
        fields = (
            "id", "person", "requested_by", "reason", "state", "step", "counts", "remained",
            "error", "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class HoldIn(serializers.Serializer[Any]):
    """What to keep: exactly one of person, space and memory."""

    person = serializers.UUIDField(required=False)
    space = serializers.UUIDField(required=False)
    memory = serializers.UUIDField(required=False)
    reason = serializers.CharField(max_length=2000)


class HoldReleaseIn(serializers.Serializer[Any]):
    """Why it is lifted."""

    reason = serializers.CharField(max_length=2000)


class HoldOut(serializers.ModelSerializer[LegalHold]):
    """A hold; `released_at` empty means that it is in force."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    person = serializers.UUIDField(
        source="person.public_id", read_only=True, allow_null=True, default=None
    )
    space = serializers.UUIDField(
        source="space.public_id", read_only=True, allow_null=True, default=None
    )
    memory = serializers.UUIDField(
        source="memory.public_id", read_only=True, allow_null=True, default=None
    )
    placed_by = serializers.UUIDField(
        source="placed_by.public_id", read_only=True, allow_null=True, default=None
    )
    released_by = serializers.UUIDField(
        source="released_by.public_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = LegalHold
        fields = (
            "id", "person", "space", "memory", "reason", "placed_by", "placed_at", "released_by",
            "released_at", "release_reason",
        )  # fmt: skip
        read_only_fields = fields


class RetentionRuleIn(serializers.Serializer[Any]):
    """How long memories are kept in a space and below, unless a nearer space says otherwise."""

    space = serializers.UUIDField()
    kind = Choice(
        choices=Kind.choices, required=False, allow_blank=True, help_text="Empty for all kinds."
    )
    action = Choice(choices=RetentionAction.choices)
    max_age_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=36_500
    )
    basis = Choice(choices=RetentionBasis.choices, required=False)
    reason = serializers.CharField(max_length=2000)


class RetentionRuleOut(serializers.ModelSerializer[RetentionRule]):
    """One version of a rule; the newest of a space and kind counts."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = serializers.UUIDField(source="space.public_id", read_only=True)

    class Meta:
        model = RetentionRule
        fields = (
            "id", "space", "kind", "version", "action", "max_age_days", "basis", "reason",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields


class RetentionRunOut(serializers.ModelSerializer[RetentionRun]):
    """What retention did, or would do: rows of space, kind, action, count and up to ten ids."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    report = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = RetentionRun
        fields = ("id", "dry", "state", "report", "held", "done", "created_at", "finished_at")
        read_only_fields = fields
