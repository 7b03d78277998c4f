"""Answering a question from everything the asker may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID

from django.db import transaction

from apps.kernel import clock
from apps.memories.core.language import detect
from apps.providers.embedders import get_embedder
from apps.recall.core import fusion, plans, ranking
from apps.recall.core.bm25 import driving_terms
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.services import meaning, reach, search, uses
from apps.recall.services.reach import Reach

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

Layer = Literal["L1", "L3"]
_DENSE_WEIGHTS = {"convex": fusion.DENSE_WEIGHT, "rrf": fusion.RRF_WEIGHT}
_FACTS = (
    "id", "text", "kind", "tags", "session_id", "occurred_at", "valid_from", "valid_to", "status",
    "corroborated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A space or an author as an answer names it."""

    id: UUID
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Result:
    """One memory in an answer, with what put it there.

    Attributes:
        layer: L1 in a personal space, L3 in a shared one.
        score: higher is better; at most 1.8, 1 without neighbours.
        signals: lexical (BM25, 0 or more), dense (cosine), fused (0 to 1), and what neighbours and
            session added; only those that spoke.
        ranks: place in the lexical and the dense leg, from 1.
        sources: how many memories or documents it was derived from; `source_ids` are those the
            asker may read.
    """

    id: UUID
    text: str
    kind: str
    tags: Sequence[str]
    session_id: str
    occurred_at: datetime
    valid_from: datetime | None
    valid_to: datetime | None
    status: str
    corroborated_at: datetime | None
    space: Named
    author: Named
    sources: int
    source_ids: Sequence[UUID]
    score: float
    signals: Mapping[str, float]
    ranks: Mapping[str, int]

    @property
    def layer(self) -> Layer:
        return "L1" if self.space.kind == "personal" else "L3"

    @classmethod
    def of(cls, row: Sequence[Any], ranked: Ranked) -> Self:
        """From a row of `sql.shown` and its place in the ranking."""
        facts: dict[str, Any] = dict(zip(_FACTS, row[1:11], strict=True))
        return cls(
            **facts,
            space=Named(*row[11:14]),
            author=Named(*row[14:17]),
            sources=row[17],
            source_ids=row[18],
            score=ranked.score,
            signals=ranked.signals,
            ranks=ranked.ranks,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The best memories for a question, best first.

    Attributes:
        degraded: "dense" when the model is unavailable or some vectors are still being made.
        hidden: memories with a word of the question that are kept back, by reason: expired,
            superseded, archived, quarantined; only in spaces the asker reads.
        timing: milliseconds for embedding the question, for the database, and in all.
        explain: terms, counts, weights and plan; None unless asked for.
    """

    recall_id: UUID
    results: Sequence[Result]
    degraded: Sequence[str]
    hidden: Mapping[str, int]
    timing: Mapping[str, float]
    explain: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    ranked: Sequence[Ranked] = ()
    rows: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    pending: bool = False
    explain: Mapping[str, Any] = field(default_factory=dict)


def ask(*, actor: "Actor", question: Question) -> Answer:
    """Answer a question; leaves one usage row.

    Raises:
        Invalid: a filter names a space the asker does not read, or that does not exist.
    """
    started, now = perf_counter(), clock.now()
    within = reach.of(actor, question, now)
    before_embedding = perf_counter()
    vector = meaning.vector_of(question.query)
    after_embedding = perf_counter()
    with transaction.atomic():
        found = _find(within, question, vector) if within.params["space_ids"] else _Found()
        results = [Result.of(found.rows[each.id], each) for each in found.ranked]
        use = uses.record(
            actor=actor,
            organisation_id=within.organisation_id,
            query=question.query,
            memories=[result.id for result in results],
            now=now,
        )
    ended = perf_counter()
    return Answer(
        recall_id=use.public_id,
        results=results,
        degraded=["dense"] if vector is None or found.pending else [],
        hidden=found.hidden,
        timing={
            "embedding": _milliseconds(before_embedding, after_embedding),
            "database": _milliseconds(after_embedding, ended),
            "total": _milliseconds(started, ended),
        },
        explain=found.explain if question.explain else None,
    )


def _find(within: Reach, question: Question, vector: Sequence[float] | None) -> _Found:
    terms = search.terms_of(question.query)
    counts = search.count(within, terms)
    depth = max(search.DEPTH, 2 * question.limit)
    candidates = search.candidates(within, counts, vector, depth=depth)
    language = detect(question.query)
    weight = fusion.dense_weight(
        language, get_embedder().languages, weight=_DENSE_WEIGHTS[question.fusion]
    )
    ranked = ranking.fuse(candidates, method=question.fusion, weight=weight)
    if question.neighbours:
        near = search.neighbours(within, [each.id for each in ranked[: search.NEIGHBOURED]])
        ranked = ranking.with_context(ranked, candidates, near, limit=question.limit)
    ranked = ranked[: question.limit]
    rows = search.shown(within, [each.id for each in ranked])
    return _Found(
        ranked=[each for each in ranked if each.id in rows],
        rows=rows,
        hidden=search.hidden(within, terms, question.hidden_statuses),
        pending=counts.pending,
        explain=_explanation(question, counts, language, weight),
    )


def _explanation(
    question: Question, counts: search.Counts, language: str, weight: float
) -> dict[str, Any]:
    known = {term: count for term, count in counts.frequencies.items() if count}
    return {
        "plan": plans.choose(counts.rows).value,
        "documents": counts.documents,
        "rows": counts.rows,
        "terms": known,
        "driving": list(driving_terms(known)),
        "language": language,
        "fusion": question.fusion,
        "dense_weight": weight,
    }


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
