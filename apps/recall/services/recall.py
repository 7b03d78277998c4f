"""Answering a question from everything the asker may see."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.kernel import clock
from apps.memories.core.text import normalise
from apps.providers.rerank import get_reranker
from apps.recall.core import diversity, ranking
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.services import (
    briefs,
    canon,
    feedback,
    finding,
    history,
    meaning,
    packs,
    reach,
    reranking,
    uses,
)
from apps.recall.services.answers import Answer, Brief, Result
from apps.recall.services.finding import Asked, Found
from apps.recall.services.packs import Item, Pack

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def ask(*, actor: "Actor", question: Question) -> Answer:
    """Answer a question; leaves one usage row.

    Raises:
        Invalid: a filter names a space the asker does not read, or that does not exist.
    """
    watch, now = _Watch(), clock.now()
    within = reach.of(actor, question, now)
    with watch("embedding"):
        vector = meaning.vector_of(question.query, within.embedder)
    with watch("database"):
        past = history.read(actor, within, question.query, vector) if question.known_at else None
        ahead = briefs.of(actor, question, within)
    reranker = get_reranker() if question.rerank is not False else None
    pooled = question.diversity > 0 or reranker is not None
    asked = Asked(question, within, vector, past, pooled)
    if reranker is None:
        with watch("database"), transaction.atomic():
            found = finding.find(asked)
            packed, recall_id = _kept(actor, asked, found, ahead, now)
    else:
        with watch("database"), transaction.atomic():
            found = finding.find(asked)
            texts = finding.texts(asked, found)
        with watch("rerank"):
            found = reranking.reranked(reranker, question.query, found, texts)
            found = found if found.unjudged else _led(found)
        with watch("database"), transaction.atomic():  # shows what is still visible by now
            packed, recall_id = _kept(actor, asked, found, ahead, now)
    return Answer(
        recall_id=recall_id,
        canon=packed.canon,
        results=packed.results,
        degraded=_degraded(asked, found, unasked=reranker is None),
        hidden=found.hidden,
        timing=watch.timing(),
        tokens=packed.tokens,
        context=packed.context,
        explain=found.explain if question.explain else None,
        briefs=packed.briefs,
    )


def _kept(
    actor: "Actor", asked: Asked, found: Found, ahead: Sequence[Brief], now: datetime
) -> tuple[Pack, UUID]:
    """The results to show behind the briefs, and the row that says they were."""
    results = _results(asked, found.ranked)
    if asked.question.explain:
        told = feedback.counts(actor, [result.id for _, result in results])
        results = [(at, replace(each, feedback=told.get(each.id, {}))) for at, each in results]
    packed = packs.pack(asked.question, _together(asked, found, results), ahead)
    recall_id = uses.record(
        actor=actor,
        organisation_id=asked.within.organisation_id,
        query=asked.question.query,
        memories=[result.id for result in packed.results],
        known_at=asked.question.known_at,
        now=now,
        canon=[stated.cited for stated in packed.canon],
    )
    return packed, recall_id


def _together(asked: Asked, found: Found, results: Sequence[tuple[int, Result]]) -> Sequence[Item]:
    """Results and sections of canon in one order."""
    stated = canon.stated(found.ranked, found.canon)
    ahead = ranking.interleaved(
        [at for at, _ in results], [at for at, _ in stated], limit=asked.question.limit
    )
    items: list[Item] = [result for _, result in results]
    for shift, (place, (_, section)) in enumerate(zip(ahead, stated, strict=False)):
        items.insert(place + shift, section)
    return items


def _results(asked: Asked, ranked: Sequence[Ranked]) -> list[tuple[int, Result]]:
    """The memories wanted of a ranking, as they may be shown now, with their positions in it."""
    if not ranked:
        return []
    rows = finding.shown(asked, [each.id for each in ranked])
    visible = [(at, each) for at, each in enumerate(ranked) if each.id in rows]
    results = [(at, Result.of(rows[each.id], each)) for at, each in visible]
    if not asked.question.diversity:
        return results[: asked.question.limit]
    vectors = finding.vectors(asked, [each.id for _, each in visible])
    items = [
        diversity.Item(result.score, vectors.get(each.id), normalise(result.text))
        for (_, each), (_, result) in zip(visible, results, strict=True)
    ]
    picks = diversity.pick(items, diversity=asked.question.diversity, limit=asked.question.limit)
    return [_picked(results, pick) for pick in picks]


def _picked(results: Sequence[tuple[int, Result]], pick: diversity.Pick) -> tuple[int, Result]:
    at, result = results[pick.position]
    return at, replace(result, repeats=[results[place][1].id for place in pick.repeats])


def _led(found: Found) -> Found:
    return replace(found, ranked=canon.led(found.ranked, found.canon))


def _degraded(asked: Asked, found: Found, *, unasked: bool) -> list[str]:
    late = {
        "dense": asked.vector is None or found.pending,
        "history": asked.past is not None and asked.past.partial,
        "rerank": found.unjudged or (unasked and asked.question.rerank is True),
    }
    return sorted({*found.late, *(source for source, is_late in late.items() if is_late)})


class _Watch:
    """Milliseconds spent on parts of an answer, and in all."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._spent = dict.fromkeys(("embedding", "database", "rerank"), 0.0)

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        """Count what runs inside towards `part`."""
        started = perf_counter()
        yield
        self._spent[part] += perf_counter() - started

    def timing(self) -> dict[str, float]:
        """By part, and "total" since the watch was made."""
        spent = {**self._spent, "total": perf_counter() - self._started}
        return {part: round(seconds * 1000, 2) for part, seconds in spent.items()}
