"""Step 1 to 3 of a run: read what may be read, screen it, find who says the same."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from pgvector import SparseVector

from apps.curation import sql
from apps.curation.core.grouping import Group, GroupingSettings, group
from apps.curation.core.notes import Edge, Note
from apps.curation.core.policy import PromotionPolicy
from apps.curation.services import screening
from apps.memories.core import analysis
from apps.memories.models import Memory
from apps.memories.services import encoders
from apps.spaces.models import Organisation, Space

_NEIGHBOURS = 12
_BATCH = 500
_QUESTION_TERMS = 12


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a run looks at.

    Attributes:
        memories: by row id, screened and consented.
        groups: a partition of them into what seems to be the same fact.
        personal_space: row id of the personal space by person.
        marks: how many memories the screen kept back, by kind of mark.
    """

    memories: dict[int, Memory]
    groups: tuple[Group, ...]
    personal_space: dict[int, int]
    marks: Counter[str]


def gather(organisation: Organisation, policy: PromotionPolicy, now: datetime) -> Gathered:
    """Read, screen and group the consenting personal memories of an organisation."""
    spaces = Space.objects.in_use_for_curation(organisation.pk).values_list("person_id", "pk")
    personal_space = dict(spaces)
    since = now - timedelta(days=policy.window_days)
    found = list(
        Memory.objects.for_promotion(personal_space.values(), now)
        .filter(created_at__gte=since)
        .select_related("author", "owner", "space")
        .order_by("pk")
    )
    memories, marks = screening.screened(found)
    notes = [_note(memory) for memory in memories.values()]
    edges = list(_edges(notes, list(personal_space.values())))
    settings = GroupingSettings(
        lexical_weight=policy.lexical_weight,
        link_threshold=policy.link_threshold,
        min_people=policy.min_independent_people,
        min_confidence=policy.min_confidence,
    )
    return Gathered(memories, group(notes, edges, settings), personal_space, marks)


def _note(memory: Memory) -> Note:
    return Note(
        id=memory.pk,
        person=memory.owner_id,
        text=memory.text,
        kind=memory.kind,
        tags=tuple(memory.tags),
        metadata=memory.metadata,
        recorded_at=memory.created_at,
        language=memory.language,
    )


def _edges(notes: Sequence[Note], spaces: list[int]) -> Iterator[Edge]:
    """Candidate pairs: nearest by meaning and by rare words, never all pairs."""
    embedder = encoders.active()
    shared: dict[str, Any] = {
        "model": embedder.model,
        "spaces": spaces,
        "neighbours": _NEIGHBOURS,
    }
    dense = sql.DENSE_NEIGHBOURS.format(dimensions=int(embedder.dimensions))
    terms = {note.id: analysis.analyse(note.text, note.language) for note in notes}
    frequencies = Counter(term for words in terms.values() for term in set(words))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        for batch in _batches([note.id for note in notes]):
            cursor.execute(dense, {**shared, "batch": batch})
            for a, b, cosine in cursor.fetchall():
                yield Edge(a, b, cosine=float(cosine), lexical=0.0)
            questions = _questions(batch, terms, frequencies)
            cursor.execute(sql.LEXICAL_NEIGHBOURS, {**shared, **questions})
            for a, b, score in cursor.fetchall():
                yield Edge(a, b, cosine=0.0, lexical=min(1.0, float(score) / (1.0 + float(score))))


def _questions(
    batch: Sequence[int], terms: dict[int, tuple[str, ...]], frequencies: Counter[str]
) -> dict[str, Any]:
    """For each memory its rarest shared terms as a tsquery and as BM25 weights."""
    ids: list[int] = []
    queries: list[str] = []
    vectors: list[str] = []
    for memory_id in batch:
        shared = sorted(
            (term for term in set(terms[memory_id]) if frequencies[term] > 1),
            key=lambda term: (frequencies[term], term),
        )[:_QUESTION_TERMS]
        if shared:
            weights = analysis.query_vector(shared, frequencies, len(terms))
            zero_based = {dimension - 1: weight for dimension, weight in weights.items()}
            ids.append(memory_id)
            queries.append(analysis.tsquery_text(shared))
            vectors.append(SparseVector(zero_based, analysis.DIMENSIONS).to_text())
    return {"batch": ids, "queries": queries, "vectors": vectors}


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
