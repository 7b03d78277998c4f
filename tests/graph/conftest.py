"""Memories that declare relations, read at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.graph.models import Entity
from apps.graph.services import pending
from apps.memories.models import Memory

JANUARY, JUNE, DECEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 6, 12))


def read_all() -> None:
    """As the worker does, until nothing is due."""
    while pending.read():
        continue
    pending.settle_conflicts()


def related(subject: str, kind: str, other: str, **times: str) -> dict[str, Any]:
    """Metadata that declares one relation."""
    return {"relations": [{"subject": subject, "type": kind, "object": other, **times}]}


@pytest.fixture
def say(world, write) -> Callable[..., Memory]:
    """`say(user, text, **fields)` writes to the team unless a space is given, and reads it."""

    def _say(user: User, text: str, **fields: Any) -> Memory:
        memory: Memory = write(user, text, **{"space": world.team, **fields})
        read_all()
        return memory

    return _say


@pytest.fixture
def entity() -> Callable[..., Entity]:
    """The entity of a name, whoever may see it."""
    return lambda name, **fields: Entity.objects.called(name).get(**fields)


@pytest.fixture
def names() -> Callable[[User], set[str]]:
    """Names of the entities that a person sees, in small letters."""

    def _names(user: User) -> set[str]:
        seen = Entity.objects.visible_to(of_user(user))
        return set(seen.values_list("normalised", flat=True))

    return _names
