"""A team that says the same things again and again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.consolidation.models import ConsolidationRun
from apps.consolidation.services import runs
from apps.memories.models import Memory, MemoryIndex
from apps.spaces.models import Space
from tests.providers.model_server import ModelServer

CONTENT = (
    "pk", "public_id", "space_id", "author_id", "owner_id", "session_id", "kind", "text",
    "language", "tags", "metadata", "importance", "sensitivity", "source", "status",
    "content_hash", "occurred_at", "valid_from", "valid_to", "supersedes_id", "expires_at",
    "corroborated_at", "created_at",
)  # fmt: skip


@pytest.fixture
def consolidate(db: None) -> Callable[..., ConsolidationRun]:
    """`consolidate(space)` carries out a run there."""

    def run(space: Space, *, dry: bool = False) -> ConsolidationRun:
        return runs.execute(run_id=runs.queue(space=space, dry=dry).pk)

    return run


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    """A language model of the hub; a test says what it answers by its `oracle`."""
    with ModelServer() as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/scripted", server.address
        settings.LLM_API_KEY = "k"
        yield server


def content(*memories: Memory) -> list[tuple[Any, ...]]:
    """Everything about some memories but when their rows last changed, with their index."""
    rows = Memory.objects.filter(pk__in=[one.pk for one in memories]).order_by("pk")
    indexed = MemoryIndex.objects.filter(memory__in=rows).order_by("memory_id", "model")
    facets = indexed.values_list(
        "memory_id", "model", "space_id", "author_id", "kind", "status", "tags", "lexemes",
        "content_hash", "expires_at", "embedding",
    )  # fmt: skip
    plain = [tuple(str(value) for value in row) for row in facets]
    return [*rows.values_list(*CONTENT), *plain]


def state(space: Space) -> list[tuple[Any, ...]]:
    """A space as anybody could compare it with another run's: no ids, no times of rows."""
    rows = Memory.objects.filter(space=space).order_by("text", "author__name", "status", "source")
    return [
        (
            row.text, row.author.name, row.status, row.source, row.sensitivity, row.tags,
            row.metadata, row.revision,
            sorted(link.source_memory.text for link in row.provenance.all() if link.source_memory),
        )
        for row in rows.select_related("author")
    ]  # fmt: skip
