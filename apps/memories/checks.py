"""System checks of the index: memories that questions by meaning would not find."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004  Django's name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from apps.memories.services import encoders, migration


def check_coverage(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """W001: memories have no row of the active embedding model, as after a changed setting.

    Silent where the database or the settings have worse troubles, which have their own messages.
    """
    if not databases:
        return []
    try:
        model = encoders.active().model
        lacking = migration.lacking(model).count()
    except (DatabaseError, ImproperlyConfigured):
        return []
    if not lacking:
        return []
    return [
        Warning(
            f"{lacking:,} memories have no vector of {model}, the active embedding model.",
            hint="Set EMBEDDING_MODEL back and run `manage.py embeddings migrate`, or fill them"
            " while questions miss them: `manage.py embeddings status` tells more.",
            id="memories.W001",
        )
    ]
