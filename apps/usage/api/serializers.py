"""Shapes of `/usage`."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.usage.models import Budget, CallKind, Purpose

_MOST = 2**53 - 1


class FiguresIn(serializers.Serializer[Any]):
    """Which days, and whose."""

    since = serializers.DateField(required=False, help_text="First day, UTC; default: 30 in all.")
    until = serializers.DateField(required=False, help_text="Last day, UTC; default: today.")
    space = serializers.UUIDField(required=False, help_text="One that the asker reads.")


class FigureOut(serializers.Serializer[Any]):
    """Requests of one day, purpose, task and model."""

    day = serializers.DateField()
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    task = serializers.CharField(help_text="Empty for embeddings and scores.")
    version = serializers.IntegerField(help_text="Of the task's prompt; 0 without one.")
    kind = serializers.ChoiceField(choices=CallKind.choices)
    model = serializers.CharField()
    calls = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Of the calls, those without an answer.")
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    estimated = serializers.IntegerField(
        help_text="Of the calls, those whose tokens the hub guessed: the service did not say."
    )
    cost = serializers.DecimalField(
        max_digits=None,
        decimal_places=10,
        allow_null=True,
        help_text="US dollars by LiteLLM's table; null where it knows the price of none of them.",
    )
    unpriced = serializers.IntegerField(help_text="Of the calls, those without a known price.")
    seconds = serializers.FloatField(help_text="That they took together.")


class BudgetIn(serializers.Serializer[Any]):
    """What a space may spend a day; what is left out or null is not limited."""

    space = serializers.UUIDField()
    calls_per_day = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**31 - 1
    )
    tokens_per_day = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=_MOST
    )
    cost_per_day = serializers.DecimalField(
        required=False,
        allow_null=True,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        help_text="US dollars; requests whose price is not known count nothing.",
    )
    reason = serializers.CharField(max_length=500)


class BudgetOut(serializers.ModelSerializer[Budget]):
    """What a space and those under it may spend on language models a day, UTC."""

    space = serializers.UUIDField(source="space.public_id", read_only=True)
    author = UserOut(read_only=True)

    class Meta:
        model = Budget
        fields = (
            "space", "calls_per_day", "tokens_per_day", "cost_per_day", "author", "created_at",
        )  # fmt: skip
        read_only_fields = fields
