from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.providers.embedders import clear_embedders
from apps.providers.minilm import MiniLMEmbedder


@pytest.fixture(autouse=True)
def _fresh_embedders() -> Iterator[None]:
    clear_embedders()
    yield
    clear_embedders()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted models, made once for the whole run."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def int8(models: Path) -> MiniLMEmbedder:
    return MiniLMEmbedder(models, compute="int8")


@pytest.fixture(scope="session")
def float32(models: Path) -> MiniLMEmbedder:
    return MiniLMEmbedder(models, compute="float32")
