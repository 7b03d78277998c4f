"""From a question to a ranking: what is looked at, both legs, and the session around the hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.memories.core.language import detect
from apps.memories.models import MemoryIndex
from apps.recall.core import fusion, plans, ranking
from apps.recall.core.bm25 import driving_terms
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.services import history, search
from apps.recall.services.history import Past
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
    unjudged: bool = False  # a rerank model was asked and did not answer
    explain: Mapping[str, Any] = field(default_factory=dict)


def find(asked: Asked) -> Found:
    """Rank what the asker may see. Call within a transaction."""
    question, within, past = asked.question, asked.within, asked.past
    if not within.params["space_ids"]:
        return Found()
    terms = search.terms_of(question.query)
    counts = search.count(within, terms)
    if past is not None:
        counts = history.counted(past, counts)
    candidates = _candidates(asked, counts)
    language = detect(question.query)
    weight = fusion.dense_weight(
        language, within.embedder.languages, weight=_DENSE_WEIGHTS[question.fusion]
    )
    ranked = ranking.fuse(candidates, method=question.fusion, weight=weight)
    if question.neighbours:
        near = search.neighbours(within, [each.id for each in ranked[: search.NEIGHBOURED]])
        ranked = ranking.with_context(ranked, candidates, near, limit=asked.places)
    return Found(
        ranked=ranked[: asked.places],
        hidden={} if past else search.hidden(within, terms, question.hidden_statuses),
        pending=counts.pending,
        explain=_explanation(question, counts, language, weight),
    )


def shown(asked: Asked, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Rows of `sql.shown` by memory id; what is no longer visible is absent."""
    if asked.past is not None:
        return history.shown(asked.within, asked.past, ids)
    return search.shown(asked.within, ids)


def texts(asked: Asked, found: Found) -> dict[int, str]:
    """Texts of the ranking by memory id."""
    rows = shown(asked, [each.id for each in found.ranked]) if found.ranked else {}
    return {pk: row[2] for pk, row in rows.items()}


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


def _candidates(asked: Asked, counts: search.Counts) -> list[ranking.Candidate]:
    within, past, vector = asked.within, asked.past, asked.vector
    depth = max(search.DEPTH, 2 * asked.question.limit)
    candidates = search.candidates(within, counts, vector, depth=depth)
    if past is not None:
        candidates += history.candidates(within, past, counts, vector, depth=depth)
    return candidates


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
