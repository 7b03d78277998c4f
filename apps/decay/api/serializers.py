"""Shapes of `/decay-runs`, `/decay-forecasts` and `/memories/{id}/strength`."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.decay.core.forecast import MOST_MONTHS
from apps.decay.models import DecayRun
from apps.kernel.fields import Metadata
from apps.memories.models import Kind


class DecayRunIn(serializers.Serializer[Any]):
    """A run to start."""

    dry = serializers.BooleanField(default=True, help_text="Count only; change nothing.")


class DecayRunOut(serializers.ModelSerializer[DecayRun]):
    """One pass of decay over the organisation."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    requested_by = UserOut(read_only=True, allow_null=True)
    undone_by = UserOut(read_only=True, allow_null=True)
    counts = serializers.JSONField(
        read_only=True,
        help_text="memories: active when it began. archived: by kind and reason. kept: due, but"
        " left, by reason. revived. After an undo: restored, left.",
    )

    class Meta:
        model = DecayRun
        fields = (
            "id", "state", "dry", "moment", "counts", "error", "requested_by", "undone_by",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class ForecastIn(serializers.Serializer[Any]):
    """What to try."""

    values = Metadata(
        default=dict,
        help_text="Decay values of the policy to try instead of those in force; see"
        " docs/reference/policy.md.",
    )
    months = serializers.IntegerField(default=6, min_value=1, max_value=MOST_MONTHS)


class ByDayOut(serializers.Serializer[Any]):
    """How many would be archived by a day."""

    on = serializers.DateField()
    archived = serializers.IntegerField()


class ForecastOut(serializers.Serializer[Any]):
    """What would be archived in the spaces you review, and your own, if nothing else happens."""

    sentence = serializers.CharField()
    memories = serializers.IntegerField(help_text="Active ones.")
    archived = serializers.IntegerField(help_text="By the last day.")
    kinds = serializers.DictField(child=serializers.IntegerField())
    kept = serializers.DictField(
        child=serializers.IntegerField(), help_text="Due by the last day, but protected, by reason."
    )
    points = ByDayOut(many=True, help_text="Today, and the first of each month after it.")


class StrengthEvidenceOut(serializers.Serializer[Any]):
    """Numbers of different people; an agent counts as its person. At most 50 each."""

    confirmers = serializers.IntegerField()
    contradicters = serializers.IntegerField()
    successes = serializers.IntegerField(help_text="People whose tasks used it and went well.")
    failures = serializers.IntegerField()
    readers = serializers.IntegerField(help_text="People it was shown to lately; no evidence.")


class StrengthOut(serializers.Serializer[Any]):
    """How strong a memory is now, computed from what is known of it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    strength = serializers.FloatField(allow_null=True, help_text="Null: its kind does not fade.")
    confidence = serializers.FloatField(help_text="By the evidence alone.")
    since = serializers.DateTimeField(help_text="Last said, confirmed or brought back.")
    fades_at = serializers.DateTimeField(
        allow_null=True, help_text="When it comes below the floor if nothing happens."
    )
    floor = serializers.FloatField()
    half_life_days = serializers.IntegerField(allow_null=True)
    pinned = serializers.BooleanField()
    evidence = StrengthEvidenceOut()
