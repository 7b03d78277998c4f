"""The question as a vector."""

from collections.abc import Sequence
from functools import lru_cache

import structlog

from apps.providers.embedders import Embedder
from apps.providers.errors import EmbedderUnavailable
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

logger = structlog.get_logger(__name__)

REMEMBERED = 1_024  # questions; agents ask the same ones again


def vector_of(query: str, embedder: Embedder) -> tuple[float, ...] | None:
    """The question's unit vector, or None when the model is unavailable.

    May be a network call: never inside a transaction.
    """
    try:
        return _embedded(embedder, query)
    except EmbedderUnavailable as error:
        logger.warning("recall_without_vectors", error=str(error))
        return None


def vectors_of(texts: Sequence[str], embedder: Embedder) -> list[tuple[float, ...]] | None:
    """The texts' unit vectors, in order, or None when the model is unavailable.

    May be a network call: never inside a transaction.
    """
    try:
        with charging(Purpose.RECALL):
            return [tuple(row) for row in embedder.embed(texts).tolist()]
    except EmbedderUnavailable as error:
        logger.warning("old_words_without_vectors", error=str(error))
        return None


@lru_cache(maxsize=REMEMBERED)
def _embedded(embedder: Embedder, query: str) -> tuple[float, ...]:
    with charging(Purpose.RECALL):
        return tuple(embedder.embed([query])[0].tolist())
