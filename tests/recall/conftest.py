"""Asking over the API, and the two embedding models that recall is tested with."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.memories.models import Memory
from apps.memories.services import memories
from apps.providers.embedders import clear_embedders


@pytest.fixture
def ask(client_of: Any) -> Callable[..., dict[str, Any]]:
    """`ask(who, query, **body)` -> the answer; fails unless it is 200."""

    def _ask(who: Any, query: str, **body: Any) -> dict[str, Any]:
        answer = client_of(who).post("/api/v1/recall", {"query": query, **body})
        assert answer.status_code == 200, answer.json()
        found: dict[str, Any] = answer.json()
        return found

    return _ask


@pytest.fixture
def texts(ask: Any) -> Callable[..., list[str]]:
    """As `ask`, but only the texts found, best first."""
    return lambda *args, **body: [found["text"] for found in ask(*args, **body)["results"]]


@pytest.fixture
def moved() -> Callable[[Memory, str], Memory]:
    """`moved(memory, status)` changes its status as a reviewer or a job would."""

    def _moved(memory: Memory, status: str) -> Memory:
        memories.move(memories.lock(memory), status, actor=None, reason="test")
        return memory

    return _moved


@pytest.fixture
def minilm(settings: Any) -> Iterator[None]:
    """The bundled model instead of hashed words, where meaning matters."""
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    clear_embedders()
    yield
    clear_embedders()


@pytest.fixture
def unreachable_model(settings: Any) -> Iterator[None]:
    """A remote model at an address where nobody listens."""
    settings.EMBEDDING_MODEL = "openai/nobody-home"
    settings.EMBEDDING_API_BASE = "http://127.0.0.1:9/v1"
    settings.EMBEDDING_API_KEY = "none"
    settings.EMBEDDING_DIMENSIONS = 384
    clear_embedders()
    yield
    clear_embedders()
