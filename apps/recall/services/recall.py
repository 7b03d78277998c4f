"""Answering a question from everything the asker may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.kernel import clock
from apps.memories.core.language import detect
from apps.recall.core import fusion, plans, ranking
from apps.recall.core.bm25 import driving_terms
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.services import feedback, meaning, packs, reach, search, uses
from apps.recall.services.answers import Answer, Result
from apps.recall.services.reach import Reach

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_DENSE_WEIGHTS = {"convex": fusion.DENSE_WEIGHT, "rrf": fusion.RRF_WEIGHT}


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
    vector = meaning.vector_of(question.query, within.embedder)
    after_embedding = perf_counter()
    with transaction.atomic():
        found = _find(within, question, vector) if within.params["space_ids"] else _Found()
        results = [Result.of(found.rows[each.id], each) for each in found.ranked]
        packed = packs.pack(question, _explained(actor, results) if question.explain else results)
        use = uses.record(
            actor=actor,
            organisation_id=within.organisation_id,
            query=question.query,
            memories=[result.id for result in packed.results],
            now=now,
        )
    ended = perf_counter()
    return Answer(
        recall_id=use.public_id,
        results=packed.results,
        degraded=["dense"] if vector is None or found.pending else [],
        hidden=found.hidden,
        timing={
            "embedding": _milliseconds(before_embedding, after_embedding),
            "database": _milliseconds(after_embedding, ended),
            "total": _milliseconds(started, ended),
        },
        tokens=packed.tokens,
        context=packed.context,
        explain=found.explain if question.explain else None,
    )


def _find(within: Reach, question: Question, vector: Sequence[float] | None) -> _Found:
    terms = search.terms_of(question.query)
    counts = search.count(within, terms)
    depth = max(search.DEPTH, 2 * question.limit)
    candidates = search.candidates(within, counts, vector, depth=depth)
    language = detect(question.query)
    weight = fusion.dense_weight(
        language, within.embedder.languages, weight=_DENSE_WEIGHTS[question.fusion]
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


def _explained(actor: "Actor", results: Sequence[Result]) -> list[Result]:
    told = feedback.counts(actor, [result.id for result in results])
    return [replace(result, feedback=told.get(result.id, {})) for result in results]


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
