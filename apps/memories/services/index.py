"""Keeping `MemoryIndex` true to its memory: the one place that writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from pgvector import HalfVector, SparseVector

from apps.kernel import clock, jobs
from apps.memories.core import analysis
from apps.memories.models import Memory, MemoryIndex
from apps.providers.embedders import get_embedder
from apps.providers.errors import EmbedderUnavailable
from apps.providers.vectors import Vectors

logger = structlog.get_logger(__name__)

_SYNCED = (
    "space", "author", "kind", "status", "tags", "session_id", "occurred_at", "valid_from",
    "valid_to", "expires_at", "content_hash", "lexemes", "terms", "embedding", "attempts",
    "next_attempt_at",
)  # fmt: skip


def embed_now(texts: Sequence[str]) -> Vectors | None:
    """Vectors of shape (n, dimensions) when the model runs in this process, else None.

    Call before the transaction. None, also when the model is unavailable, means pending work for
    the worker, never lost work.
    """
    embedder = get_embedder()
    if not embedder.in_process:
        return None
    try:
        return embedder.embed(texts)
    except EmbedderUnavailable as error:
        logger.warning("embedding_postponed", count=len(texts), error=str(error))
        return None


@dataclass(frozen=True, slots=True)
class Lexical:
    """The lexical half of an index row: words for Postgres, weights for BM25."""

    lexemes: str
    terms: SparseVector


def lexical(memory: Memory) -> Lexical:
    """Analyse a memory's text: the work that is worth doing before a transaction."""
    terms = analysis.analyse(memory.text, memory.language)
    weights = _zero_based(analysis.document_vector(terms))
    return Lexical(analysis.tsvector_text(terms), SparseVector(weights, analysis.DIMENSIONS))


def put(
    memories: Sequence[Memory],
    vectors: Vectors | None,
    lexicals: Sequence[Lexical] | None = None,
) -> None:
    """Write the index rows of the memories; without vectors the embeddings become pending work.

    Args:
        memories: the memories as they are stored.
        vectors: shape (n, dimensions), in the order of the memories.
        lexicals: what `lexical` said of each, if it was asked before.
    """
    model, now = get_embedder().model, clock.now()
    rows = []
    for position, memory in enumerate(memories):
        analysed = lexicals[position] if lexicals is not None else lexical(memory)
        row = MemoryIndex(
            memory=memory,
            model=model,
            lexemes=analysed.lexemes,
            terms=analysed.terms,
            embedding=None if vectors is None else HalfVector(vectors[position]),
            attempts=0,
            next_attempt_at=now,
            **_facets(memory),
        )
        rows.append(row)
    MemoryIndex.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["memory", "model"], update_fields=_SYNCED
    )
    if vectors is None:
        jobs.enqueue("memories.embed_pending")


def refresh_facets(memory: Memory) -> None:
    """Copy what filters need from a memory whose text did not change."""
    MemoryIndex.objects.filter(memory=memory).update(**_facets(memory))


def _facets(memory: Memory) -> dict[str, object]:
    return {
        "space_id": memory.space_id,
        "author_id": memory.author_id,
        "kind": memory.kind,
        "status": memory.status,
        "tags": memory.tags,
        "session_id": memory.session_id,
        "occurred_at": memory.occurred_at,
        "valid_from": memory.valid_from,
        "valid_to": memory.valid_to,
        "expires_at": memory.expires_at,
        "content_hash": memory.content_hash,
    }


def _zero_based(weights: Mapping[int, float]) -> dict[int, float]:
    """pgvector's Python class counts dimensions from 0, its text form from 1."""
    return {dimension - 1: weight for dimension, weight in weights.items()}
