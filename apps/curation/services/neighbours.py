"""Pairs of notes that a search finds alike: nearest by meaning and by rare words, never all pairs.

A claim, the English version of a foreign note, may ask in the note's place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from sys import intern
from typing import Any

import numpy as np
from django.db import connection, transaction
from pgvector import HalfVector, SparseVector

from apps.curation import sql
from apps.curation.core.notes import Edge, Note
from apps.curation.services.claims import Claims
from apps.curation.services.progress import Progress, silent
from apps.kernel import side_by_side
from apps.memories.core import analysis
from apps.memories.services import encoders

_NEIGHBOURS = 12
_BATCH = 500
_QUESTION_TERMS = 12
_FEW_SPACES = 100
_SCORED = 500  # notes that a question by words may look at: so its cost does not grow with the hub

Terms = Mapping[int, tuple[str, ...]]


class Search:
    """Searches the index of the gathered spaces."""

    def __init__(self, notes: Sequence[Note], spaces: Sequence[int]) -> None:
        embedder = encoders.active()
        self._params: dict[str, Any] = {
            "model": embedder.model,
            "spaces": list(spaces),
            "neighbours": _NEIGHBOURS,
        }
        self._dimensions = int(embedder.dimensions)
        self._notes = notes

    @cached_property
    def _terms(self) -> Terms:
        """Distinct terms by note, as the index has them; read anew where it has no row yet."""
        ids = [note.id for note in self._notes]
        with connection.cursor() as cursor:
            cursor.execute(sql.INDEXED_TERMS, {**self._params, "batch": ids})
            kept = {id_: tuple(map(intern, terms)) for id_, terms in cursor.fetchall()}
        return {
            note.id: kept.get(note.id) or analysis.analyse(note.text, note.language)
            for note in self._notes
        }

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(term for said in self._terms.values() for term in set(said))

    def alike(self, progress: Progress = silent) -> Iterator[Edge]:
        """Pairs between the notes and whatever else lies in the spaces."""
        batches = _batches(list(self._terms))
        for number, found in enumerate(side_by_side.mapped(self._around, batches)):
            yield from found
            progress("searching", min((number + 1) * _BATCH, len(self._terms)), len(self._terms))

    def _around(self, batch: Sequence[int]) -> list[Edge]:
        dense = sql.DENSE_NEIGHBOURS.format(dimensions=self._dimensions)
        return [*self._by_meaning(dense, batch=batch), *self._by_words(batch, self._terms)]

    def alike_to(self, claims: Claims) -> Iterator[Edge]:
        """Pairs that the claims find: with what lies in the spaces, and with one another."""
        terms = {id_: analysis.analyse(text, "en") for id_, text in claims.texts.items()}
        dense = sql.CLAIM_NEIGHBOURS.format(dimensions=self._dimensions)
        ids = list(terms)
        for batch in _batches(ids):
            yield from self._by_words(batch, terms)
        if not claims.vectors.size:
            return
        for start in range(0, len(ids), _BATCH):
            batch, vectors = ids[start : start + _BATCH], claims.vectors[start : start + _BATCH]
            texts = [HalfVector(vector).to_text() for vector in vectors]
            yield from self._by_meaning(dense, batch=batch, vectors=texts)
            yield from _among(batch, vectors @ claims.vectors.T, ids)

    def shared(self, batch: Sequence[int], spaces: Sequence[int], nearest: int) -> Iterator[Edge]:
        """Pairs between some of the notes and what is nearest to each of them in other spaces."""
        dense = sql.DENSE_NEIGHBOURS.format(dimensions=self._dimensions)
        own = {"spaces": list(spaces), "neighbours": nearest}
        for part in _batches(list(batch)):
            yield from self._by_meaning(dense, batch=part, **own)
            yield from self._by_words(part, self._terms, alone=True, **own)

    def _by_meaning(self, statement: str, **own: Any) -> Iterator[Edge]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
            cursor.execute(statement, {**self._params, **own})
            found = cursor.fetchall()
        for a, b, cosine in found:
            yield Edge(a, b, cosine=float(cosine), lexical=0.0)

    def _by_words(
        self, batch: Sequence[int], terms: Terms, *, alone: bool = False, **own: Any
    ) -> Iterator[Edge]:
        """`alone`: ask also for terms that no other note has."""
        with connection.cursor() as cursor:
            questions = self._questions(batch, terms, alone=alone)
            params = {**self._params, **questions, **own}
            few = len(params["spaces"]) <= _FEW_SPACES
            within = sql.IN_FEW_SPACES if few else sql.IN_MANY_SPACES
            cursor.execute(sql.LEXICAL_NEIGHBOURS.format(within=within), params)
            for a, b, score in cursor.fetchall():
                yield Edge(a, b, cosine=0.0, lexical=min(1.0, float(score) / (1.0 + float(score))))

    def _questions(self, batch: Sequence[int], terms: Terms, *, alone: bool) -> dict[str, Any]:
        """For each memory its rarest shared terms as a tsquery and as BM25 weights."""
        ids: list[int] = []
        queries: list[str] = []
        vectors: list[str] = []
        for memory_id in batch:
            shared = self._rarest(memory_id, terms[memory_id], alone=alone)
            if shared:
                weights = analysis.query_vector(shared, self._frequencies, len(self._terms))
                zero_based = {dimension - 1: weight for dimension, weight in weights.items()}
                ids.append(memory_id)
                queries.append(analysis.tsquery_text(shared))
                vectors.append(SparseVector(zero_based, analysis.DIMENSIONS).to_text())
        return {"batch": ids, "queries": queries, "vectors": vectors}

    def _rarest(self, memory_id: int, said: Sequence[str], *, alone: bool) -> list[str]:
        """Its rarest terms that some other note has, or any of them `alone`.

        As many as a question can afford.
        """
        own = set(self._terms.get(memory_id, ()))
        shared = [term for term in set(said) if alone or self._frequencies[term] > (term in own)]
        rarest = sorted(shared, key=lambda term: (self._frequencies[term], term))[:_QUESTION_TERMS]
        looked_at = accumulate(self._frequencies[term] for term in rarest)
        return [term for term, count in zip(rarest, looked_at, strict=True) if count <= _SCORED]


def _among(
    batch: Sequence[int], cosines: np.ndarray[Any, Any], ids: Sequence[int]
) -> Iterator[Edge]:
    """The nearest of all claims for each of a batch; `cosines` of shape (batch, all).

    This compares every two claims: one matrix product, which costs little beside asking for them.
    """
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, : _NEIGHBOURS + 1]
    for row, places in enumerate(nearest):
        for place in places:
            if ids[place] != batch[row]:
                yield Edge(batch[row], ids[place], float(cosines[row, place]), 0.0)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
