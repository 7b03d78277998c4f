"""Do two embedding models find the same memories? Measured on the stored vectors, exactly.

Over every active memory of the hub, whoever may read it: a statement about the models, not about
anybody's answers. Only figures leave this module, no text and no id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import MD5, Cast, Concat
from pgvector import HalfVector

from apps.memories.core.parity import overlap, rank_correlation
from apps.memories.models import Memory, Status
from apps.providers.embedders import Embedder
from apps.providers.vectors import Vectors

DEPTH = 10
_BATCH = 32

# `+ 0` keeps the planner from answering with the graph index
_NEAREST = """
SELECT i.memory_id FROM memories_memoryindex i
 WHERE i.model = %(model)s AND i.status = 'active' AND i.embedding IS NOT NULL
   AND i.memory_id <> %(itself)s
 ORDER BY (i.embedding::{cast} <=> %(vector)s::{cast}) + 0, i.memory_id LIMIT {depth}
"""
_SCORES = """
SELECT i.memory_id, 1 - (i.embedding::{cast} <=> %(vector)s::{cast}) FROM memories_memoryindex i
 WHERE i.model = %(model)s AND i.memory_id = ANY(%(ids)s::bigint[]) AND i.embedding IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Query:
    """A question; `itself` is the memory whose text it is, which is no answer to it."""

    text: str
    itself: int = 0


@dataclass(frozen=True, slots=True)
class Parity:
    """One question asked of both models.

    Attributes:
        overlap: share of the ten nearest that both models name, 0 to 1.
        correlation: Spearman's rho of both models' cosines over all memories that either names;
            None for fewer than two.
    """

    overlap: float
    correlation: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Parity over a sample.

    Attributes:
        queries: how many were asked.
        overlap: mean share of the ten nearest in common, 0 to 1; `overlap_worst` is the share that
            19 of 20 questions reach.
        correlation: mean of Spearman's rho, -1 to 1, where it is defined.
    """

    queries: int
    overlap: float
    overlap_worst: float
    correlation: float | None

    @classmethod
    def of(cls, parities: Sequence[Parity]) -> "Report":
        """The figures of some questions; at least one."""
        overlaps = sorted(parity.overlap for parity in parities)
        defined = [p.correlation for p in parities if p.correlation is not None]
        return cls(
            queries=len(parities),
            overlap=fmean(overlaps),
            overlap_worst=overlaps[len(overlaps) // 20],
            correlation=fmean(defined) if defined else None,
        )


def sample(count: int, *, seed: int = 0) -> list[Query]:
    """Texts of `count` active memories, picked by chance but the same for the same seed."""
    shuffled = MD5(Concat(Value(f"{seed}:"), Cast("pk", CharField()), output_field=CharField()))
    found = Memory.objects.filter(status=Status.ACTIVE).order_by(shuffled, "pk")
    return [Query(text, pk) for pk, text in found.values_list("pk", "text")[:count]]


def compare(queries: Sequence[Query], old: Embedder, new: Embedder) -> Iterator[Parity]:
    """Ask both models every question; one result each.

    Raises:
        EmbedderUnavailable: one of them does not answer.
    """
    for start in range(0, len(queries), _BATCH):
        batch = queries[start : start + _BATCH]
        texts = [query.text for query in batch]
        for query, *vectors in zip(batch, old.embed(texts), new.embed(texts), strict=True):
            yield _compared(query, [(old, vectors[0]), (new, vectors[1])])


def _compared(query: Query, asked: Sequence[tuple[Embedder, Vectors]]) -> Parity:
    first, second = (_nearest(embedder, vector, query.itself) for embedder, vector in asked)
    ids = sorted({*first, *second})
    scores = [_scores(embedder, vector, ids) for embedder, vector in asked]
    both = [pk for pk in ids if all(pk in known for known in scores)]
    correlation = rank_correlation(*([known[pk] for pk in both] for known in scores))
    return Parity(overlap(first, second), correlation)


def _nearest(embedder: Embedder, vector: Vectors, itself: int) -> list[int]:
    params = {"itself": itself}
    return [row[0] for row in _rows(_NEAREST, embedder, vector, params)]


def _scores(embedder: Embedder, vector: Vectors, ids: Sequence[int]) -> dict[int, float]:
    return dict(_rows(_SCORES, embedder, vector, {"ids": ids}))


def _rows(
    statement: str, embedder: Embedder, vector: Vectors, params: Mapping[str, Any]
) -> list[tuple[int, float]]:
    cast = f"halfvec({int(embedder.dimensions)})"
    shared = {"model": embedder.model, "vector": HalfVector(vector).to_text()}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(cast=cast, depth=DEPTH), {**shared, **params})
        return list(cursor.fetchall())
