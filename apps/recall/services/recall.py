"""Answering a question from everything the asker may see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import transaction

from apps.kernel import clock
from apps.memories.core.text import normalise
from apps.recall.core import diversity
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.models import RecallUse
from apps.recall.services import feedback, finding, history, meaning, packs, reach, uses
from apps.recall.services.answers import Answer, Result
from apps.recall.services.finding import Asked, Found
from apps.recall.services.packs import Pack

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


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
    past = history.read(actor, within, question.query, vector) if question.known_at else None
    asked = Asked(question, within, vector, past, pooled=question.diversity > 0)
    with transaction.atomic():
        found = finding.find(asked)
        packed, use = _kept(actor, asked, found, now)
    ended = perf_counter()
    return Answer(
        recall_id=use.public_id,
        results=packed.results,
        degraded=_degraded(asked, found),
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


def _kept(actor: "Actor", asked: Asked, found: Found, now: datetime) -> tuple[Pack, RecallUse]:
    """The results to show, and the row that says they were."""
    results = _results(asked, found.ranked)
    if asked.question.explain:
        told = feedback.counts(actor, [result.id for result in results])
        results = [replace(each, feedback=told.get(each.id, {})) for each in results]
    packed = packs.pack(asked.question, results)
    use = uses.record(
        actor=actor,
        organisation_id=asked.within.organisation_id,
        query=asked.question.query,
        memories=[result.id for result in packed.results],
        known_at=asked.question.known_at,
        now=now,
    )
    return packed, use


def _results(asked: Asked, ranked: Sequence[Ranked]) -> list[Result]:
    """The places wanted of a ranking, as they may be shown now."""
    if not ranked:
        return []
    rows = finding.shown(asked, [each.id for each in ranked])
    visible = [each for each in ranked if each.id in rows]
    results = [Result.of(rows[each.id], each) for each in visible]
    if not asked.question.diversity:
        return results[: asked.question.limit]
    vectors = finding.vectors(asked, [each.id for each in visible])
    items = [
        diversity.Item(result.score, vectors.get(each.id), normalise(result.text))
        for each, result in zip(visible, results, strict=True)
    ]
    picks = diversity.pick(items, diversity=asked.question.diversity, limit=asked.question.limit)
    return [
        replace(results[pick.position], repeats=[results[place].id for place in pick.repeats])
        for pick in picks
    ]


def _degraded(asked: Asked, found: Found) -> list[str]:
    late = {
        "dense": asked.vector is None or found.pending,
        "history": asked.past is not None and asked.past.partial,
    }
    return [source for source, is_late in late.items() if is_late]


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
