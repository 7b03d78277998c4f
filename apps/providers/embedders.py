"""Which models can turn text into vectors. The settings name the first one.

Which one is in use may since have changed in the database: `apps.memories.services.encoders` knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.providers.litellm_library import load_soon
from apps.providers.null import NullEmbedder
from apps.providers.vectors import Vectors

LOCAL_MODEL = "local:all-MiniLM-L6-v2"
NULL_MODEL = "null"
COMPUTE_TYPES = ("int8", "float32")


class Embedder(Protocol):
    """Turns texts into unit vectors. One per process; safe to share between threads."""

    @property
    def model(self) -> str:
        """Id stored beside every vector. Vectors of different ids must never be compared."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes the model is meant for; empty means all."""

    @property
    def in_process(self) -> bool:
        """True: milliseconds of CPU, may run while a write is served. False: a network call."""

    def __hash__(self) -> int:
        """By identity: what one embedder made is remembered under it."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed `texts` in order.

        Returns:
            float32, shape (len(texts), dimensions), every row of length 1.

        Raises:
            EmbedderUnavailable: there are no vectors now; none of `texts` was embedded.
        """


@dataclass(frozen=True)
class EmbeddingSettings:
    """The part of the Django settings that decides the embedder. Equal settings, same embedder."""

    model: str
    compute: str
    var_dir: Path
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    dimensions: int | None = None
    languages: frozenset[str] = frozenset()

    @classmethod
    def current(cls) -> "EmbeddingSettings":
        """Read them now, so that a test may override one."""
        return cls(
            model=settings.EMBEDDING_MODEL,
            compute=settings.EMBEDDING_COMPUTE,
            var_dir=settings.VAR_DIR,
            api_base=settings.EMBEDDING_API_BASE or None,
            api_key=settings.EMBEDDING_API_KEY or None,
            dimensions=settings.EMBEDDING_DIMENSIONS,
            languages=frozenset(settings.EMBEDDING_LANGUAGES),
        )

    def problem(self) -> str:
        """Why no embedder can be built from these settings; empty if one can."""
        if self.model == NULL_MODEL:
            return ""
        if self.model == LOCAL_MODEL:
            if self.compute in COMPUTE_TYPES:
                return ""
            return f"EMBEDDING_COMPUTE is {self.compute!r}: use one of {', '.join(COMPUTE_TYPES)}."
        if not self.model or self.model.startswith("local:"):
            return (
                f"EMBEDDING_MODEL is {self.model!r}: use {LOCAL_MODEL!r}, {NULL_MODEL!r} or a "
                "model LiteLLM knows, such as 'openai/text-embedding-3-small'."
            )
        # Asking the provider instead would put a network call wherever a column or index needs it
        if not self.dimensions or self.dimensions < 1:
            return f"EMBEDDING_DIMENSIONS must say how long a vector of {self.model!r} is."
        return ""


def get_embedder() -> Embedder:
    """The embedder the settings ask for, built once per process; for memories ask `encoders`.

    Loads no model yet: files and network are touched by the first `embed`.

    Raises:
        ImproperlyConfigured: the settings name no model, an unknown local model or compute type,
            or a remote model without its dimensions.
    """
    return embedder_of(EmbeddingSettings.current())


def embedder_of(config: EmbeddingSettings) -> Embedder:
    """The embedder of one configuration, built once per process; loads no model yet.

    Raises:
        ImproperlyConfigured: see `EmbeddingSettings.problem`.
    """
    return _build(config)


def expect(embedder: Embedder) -> None:
    """Get ready for an embedder that will be asked soon: its first request should not wait for it.

    Returns at once; a library that takes seconds to load does so in a thread.
    """
    if not embedder.in_process:
        load_soon()


def clear_embedders() -> None:
    """Forget the embedders of this process, so that the next call builds anew."""
    _build.cache_clear()


@lru_cache(maxsize=8)
def _build(config: EmbeddingSettings) -> Embedder:
    if problem := config.problem():
        raise ImproperlyConfigured(problem)
    if config.model == NULL_MODEL:
        return NullEmbedder()
    return _local(config) if config.model == LOCAL_MODEL else _remote(config)


def _local(config: EmbeddingSettings) -> Embedder:
    from apps.providers.minilm import MiniLMEmbedder  # noqa: PLC0415  costs 0.1 s and 30 MB

    return MiniLMEmbedder(
        config.var_dir / "models", compute=config.compute, languages=config.languages
    )


def _remote(config: EmbeddingSettings) -> Embedder:
    from apps.providers.litellm_client import LiteLLMEmbedder  # noqa: PLC0415  only if asked for

    assert config.dimensions is not None  # noqa: S101  `problem` has seen to it
    return LiteLLMEmbedder(
        config.model,
        dimensions=config.dimensions,
        api_base=config.api_base,
        api_key=config.api_key,
        languages=config.languages,
    )
