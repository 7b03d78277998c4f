"""Keeping `MemoryIndex` true to its memory: the one place that writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from pgvector import HalfVector, SparseVector

from apps.kernel import clock
from apps.memories.core import analysis
from apps.memories.models import Memory, MemoryIndex
from apps.memories.services import backlog, encoders
from apps.providers.errors import EmbedderUnavailable
from apps.providers.vectors import Vectors

logger = structlog.get_logger(__name__)

_SYNCED = (
    "space", "author", "kind", "status", "tags", "session_id", "occurred_at", "valid_from",
    "valid_to", "expires_at", "content_hash", "lexemes", "terms", "embedding", "attempts",
    "next_attempt_at",
)  # fmt: skip


Embedded = Mapping[str, Vectors]
"""Vectors of some texts by model id, each of shape (n, dimensions)."""


def embed_now(texts: Sequence[str]) -> Embedded:
    """Vectors of the texts from every model in use that runs in this process.

    Call before the transaction. A model that is absent, also because it is unavailable, means
    pending work for the worker, never lost work.
    """
    found: dict[str, Vectors] = {}
    for embedder in encoders.written():
        if not embedder.in_process:
            continue
        try:
            found[embedder.model] = embedder.embed(texts)
        except EmbedderUnavailable as error:
            logger.warning("embedding_postponed", count=len(texts), error=str(error))
    return found


@dataclass(frozen=True, slots=True)
class Lexical:
    """The lexical half of an index row: words for Postgres, weights for BM25."""

    lexemes: str
    terms: SparseVector


def lexical(memory: Memory) -> Lexical:
    """Analyse a memory's text: the work that is worth doing before a transaction."""
    return lexical_of(memory.text, memory.language)


def lexical_of(text: str, language: str) -> Lexical:
    """The same for any text that is searched beside memories; `language` as ISO 639-1 or ""."""
    terms = analysis.analyse(text, language)
    weights = _zero_based(analysis.document_vector(terms))
    return Lexical(analysis.tsvector_text(terms), SparseVector(weights, analysis.DIMENSIONS))


def vector_text(vector: Vectors | Sequence[float]) -> str:
    """A vector as `halfvec` reads it, rounded as it keeps it: five digits tell any half apart."""
    rounded = np.asarray(vector, dtype=np.float16).tolist()
    return "[" + ",".join(["%.5g"] * len(rounded)) % tuple(rounded) + "]"


def put(
    memories: Sequence[Memory],
    embedded: Embedded | None,
    lexicals: Sequence[Lexical] | None = None,
) -> None:
    """Write the memories' index rows of every model in use; a missing vector is pending work.

    Args:
        memories: the memories as they are stored.
        embedded: vectors in the order of the memories, as `embed_now` gave them.
        lexicals: what `lexical` said of each, if it was asked before.
    """
    vectors = embedded or {}
    models = [embedder.model for embedder in encoders.written()]
    analysed = lexicals if lexicals is not None else [lexical(memory) for memory in memories]
    for model in models:
        _write(memories, analysed, model, vectors.get(model))
    if memories and any(model not in vectors for model in models):
        backlog.announce()


def fill(memories: Sequence[Memory], model: str, vectors: Vectors | None) -> None:
    """Write rows of one more model for memories that are indexed already.

    Call with the memories locked: who changes one meanwhile must see the new row, too.
    """
    _write(memories, [lexical(memory) for memory in memories], model, vectors)


def _write(
    memories: Sequence[Memory], lexicals: Sequence[Lexical], model: str, vectors: Vectors | None
) -> None:
    now = clock.now()
    rows = [
        MemoryIndex(
            memory=memory,
            model=model,
            lexemes=analysed.lexemes,
            terms=analysed.terms,
            embedding=None if vectors is None else HalfVector(vectors[position]),
            attempts=0,
            next_attempt_at=now,
            **_facets(memory),
        )
        for position, (memory, analysed) in enumerate(zip(memories, lexicals, strict=True))
    ]
    MemoryIndex.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["memory", "model"], update_fields=_SYNCED
    )


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
