"""What consolidation must leave alone, as other rooms say it: a legal hold, a pin."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from apps.memories.models import Memory

Held = Callable[[int], "QuerySet[Any]"]
_held: list[Held] = []


def register(held: Held) -> None:
    """`held` tells for an organisation's row id the ids of memories that stay as they are."""
    if held not in _held:
        _held.append(held)


def apply(memories: "QuerySet[Memory]", organisation_id: int) -> "QuerySet[Memory]":
    """`memories` without those that some room holds."""
    for held in _held:
        memories = memories.exclude(pk__in=held(organisation_id))
    return memories
