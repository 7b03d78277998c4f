"""From a question to a ranking: what is looked at, both legs, and the session around the hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apps.canon.services.search import Cited
from apps.memories.core.language import detect
from apps.memories.models import MemoryIndex
from apps.recall.core import fusion, ranking
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.core.related import lifted
from apps.recall.services import canon, history, related, search
from apps.recall.services import legs as parts
from apps.recall.services.history import Past
from apps.recall.services.legs import Legs
from apps.recall.services.reach import Reach

POOL = 50  # places of the ranking that rerank and diversity choose from, or `limit` if larger
_DENSE_WEIGHTS = {"convex": fusion.DENSE_WEIGHT, "rrf": fusion.RRF_WEIGHT}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all it is answered from: its reach, its vector, and for the past, `Past`."""

    question: Question
    within: Reach
    vector: Sequence[float] | None
    past: Past | None = None
    pooled: bool = False  # whether more than `limit` places are wanted, to choose from

    @property
    def places(self) -> int:
        """How many places of the ranking are wanted."""
        return max(POOL, self.question.limit) if self.pooled else self.question.limit


@dataclass(frozen=True, slots=True)
class Found:
    """A ranking, best first, and what else there is to say about the search."""

    ranked: Sequence[Ranked] = ()
    hidden: Mapping[str, int] = field(default_factory=dict)
    pending: bool = False
    late: Sequence[str] = ()
    unjudged: bool = False  # a rerank model was asked and did not answer
    canon: Sequence[Cited] = ()  # sections in the ranking
    explain: Mapping[str, Any] = field(default_factory=dict)


def find(asked: Asked) -> Found:
    """Rank what the asker may see. Call within a transaction."""
    if not asked.within.params["space_ids"]:
        return Found()
    with parts.timely() as legs:
        return _find(asked, legs)


def _find(asked: Asked, legs: Legs) -> Found:
    question, within, past = asked.question, asked.within, asked.past
    terms, language = search.terms_of(question.query), detect(question.query)
    phrases = related.phrases(question, language)
    counts = search.count(legs, within, terms, question.hidden_statuses, phrases)
    if past is not None:
        counts = history.counted(past, counts)
    cited = canon.cited(legs, within, question, counts, asked.vector)
    found = _candidates(asked, legs, counts)
    beside = related.told(legs, asked, counts, found)
    candidates = canon.among([*found, *beside.candidates], cited)
    weight = fusion.dense_weight(
        language, within.embedder.languages, weight=_DENSE_WEIGHTS[question.fusion]
    )
    ranked = ranking.fuse(candidates, method=question.fusion, weight=weight)
    if question.neighbours:
        spoken = {each.id for each in candidates if each.session}
        hits = [each.id for each in ranked[: search.NEIGHBOURED] if each.id in spoken]
        near = search.neighbours(legs, within, hits)
        places = None if beside.masses else asked.places + len(cited)
        ranked = ranking.with_context(ranked, candidates, near, limit=places)
    ranked = lifted(ranked, beside.masses)
    return Found(
        ranked=canon.led(ranked[: asked.places + len(cited)], cited),
        canon=cited,
        hidden={} if past else search.hidden(legs, within, counts, terms, question.hidden_statuses),
        pending=counts.pending,
        late=legs.late,
        explain=_explanation(question, counts, language, weight),
    )


def shown(asked: Asked, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Rows of `sql.shown` by memory id; what is no longer visible is absent."""
    if asked.past is not None:
        return history.shown(asked.within, asked.past, ids)
    return search.shown(asked.within, ids)


def texts(asked: Asked, found: Found) -> dict[int, str]:
    """Texts of the ranking by memory id; of sections of canon by theirs, below zero."""
    rows = shown(asked, [each.id for each in found.ranked]) if found.ranked else {}
    sections = {-each.id: canon.text_of(each) for each in found.canon}
    return {pk: row[2] for pk, row in rows.items()} | sections


def vectors(asked: Asked, ids: Sequence[int]) -> dict[int, Sequence[float]]:
    """Unit vectors of memories in a ranking, in the words that are shown, where there are some."""
    rows = MemoryIndex.objects.filter(model=asked.within.model, memory__in=ids)
    found: dict[int, Sequence[float]] = {
        pk: list(vector)
        for pk, vector in rows.values_list("memory_id", "embedding")
        if vector is not None
    }
    if asked.past is None:
        return found
    for old in asked.past.old:
        found.pop(old.candidate.id, None)
    return {**found, **asked.past.vectors}


def _candidates(asked: Asked, legs: Legs, counts: search.Counts) -> list[ranking.Candidate]:
    within, past, vector = asked.within, asked.past, asked.vector
    depth = _depth(asked.question)
    candidates = search.candidates(legs, within, counts, vector, depth=depth)
    if past is not None:
        read = partial(history.candidates, within, past, counts, vector, depth=depth)
        candidates += legs.run("history", read)
    return candidates


def _depth(question: Question) -> int:
    return max(search.DEPTH, 2 * question.limit)


def _explanation(
    question: Question, counts: search.Counts, language: str, weight: float
) -> dict[str, Any]:
    known = {term: count for term, count in counts.frequencies.items() if count}
    return {
        "plan": counts.plan(_depth(question)).value,
        "documents": counts.documents,
        "rows": counts.rows,
        "terms": known,
        "driving": [" & ".join(terms) for terms in counts.driving],
        "named": sorted({name for name, _ in counts.named}),
        "language": language,
        "fusion": question.fusion,
        "dense_weight": weight,
    }
