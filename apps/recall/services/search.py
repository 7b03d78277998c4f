"""The statements of a recall, run: what is counted, found, next to it and shown.

A fixed number per question, whatever it finds. Call within one transaction, `count` first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from apps.memories.core import analysis
from apps.recall import sql
from apps.recall.core import plans
from apps.recall.core.bm25 import driving_terms
from apps.recall.core.ranking import Candidate
from apps.recall.services.reach import Reach

DEPTH = 100  # candidates of each leg
NEIGHBOURED = 50  # best hits whose neighbours are looked up; what a weaker one passes on is noise
GAP = timedelta(minutes=5)  # further apart is another conversation
QUESTION_TERMS = 256  # a longer question is a text; its first terms will do
# A short question rarely shows its language: it is stemmed as each of these, and stems that no
# visible memory holds fall away when they are counted.
GUESSES = ("en", "de", "es", "fr", "it", "nl", "pt")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the weights and the plan rest on, within the spaces searched.

    Attributes:
        documents: memories in those spaces, bounded (see `sql.statistics`).
        rows: memories that pass all filters: exact up to the break-even, "more" above it.
        pending: some of them still wait for their vector.
        frequencies: documents by term of the question.
    """

    documents: int
    rows: int
    pending: bool
    frequencies: Mapping[str, int]


def terms_of(query: str) -> tuple[str, ...]:
    """The search terms of a question; empty when it has no word."""
    return analysis.question_terms(query, GUESSES)[:QUESTION_TERMS]


def count(reach: Reach, terms: Sequence[str]) -> Counts:
    """Count what is there to be searched, and set the transaction up; see `sql.statistics`."""
    own = {"terms": [analysis.tsquery_text([term]) for term in terms]}
    limit = {"row_limit": plans.BREAK_EVEN + 1}
    row = _rows(sql.statistics(reach.names), _params(reach, own, limit))[0]
    rows = row[0] if row[1] is None else row[1]
    return Counts(row[0], rows, row[2], dict(zip(terms, row[3], strict=True)))


def hidden(reach: Reach, terms: Sequence[str], statuses: Sequence[str]) -> dict[str, int]:
    """How many memories with a word of the question are kept back, by reason."""
    if not terms:
        return {}
    own = {"any": analysis.tsquery_text(terms), "hidden": list(statuses)}
    return dict(_rows(sql.hidden(reach.names), _params(reach, own)))


def candidates(
    reach: Reach, counts: Counts, vector: Sequence[float] | None, *, depth: int = DEPTH
) -> list[Candidate]:
    """The best `depth` of each leg, every one with the exact scores of both."""
    own = scoring(counts, vector, depth=depth)
    statement = sql.candidates(
        reach.names,
        words="weights" in own,
        dimensions=None if vector is None else len(vector),
        exact=plans.choose(counts.rows) is plans.Plan.EXACT,
    )
    return [candidate(row) for row in _rows(statement, _params(reach, own))]


def scoring(counts: Counts, vector: Sequence[float] | None, *, depth: int) -> dict[str, Any]:
    """Parameters that score: `driving` and `weights` of the words, if any is known; `vector`."""
    own: dict[str, Any] = {"depth": depth}
    weights = analysis.query_vector(counts.frequencies, counts.frequencies, counts.documents)
    if weights:
        own["driving"] = analysis.tsquery_text(driving_terms(counts.frequencies))
        own["weights"] = _sparse(weights)
    if vector is not None:
        own["vector"] = "[" + ",".join(f"{value:.7g}" for value in vector) + "]"
    return own


def candidate(row: Sequence[Any]) -> Candidate:
    """From a row of `sql.candidates`."""
    id_, space_id, session, lexical, dense, *ties = row
    place = (space_id, session) if session else None
    return Candidate(id_, lexical or None, dense, place, tuple(ties))


def neighbours(reach: Reach, hits: Iterable[int]) -> dict[int, list[Candidate]]:
    """For each hit, the memories said just before and after it; only where there are some."""
    own = {"hits": sorted(hits), "gap": GAP}
    found: dict[int, list[Candidate]] = {}
    rows = _rows(sql.neighbours(reach.names), _params(reach, own))
    for hit, id_, space_id, session, *ties in rows:
        near = Candidate(id_, session=(space_id, session), ties=tuple(ties))
        found.setdefault(hit, []).append(near)
    return found


def shown(reach: Reach, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Rows of `sql.shown` by memory id; one that changed meanwhile and is not visible is absent."""
    own = {"ids": list(ids), "readable": list(reach.readable)}
    return {row[0]: row for row in _rows(sql.shown(reach.names), _params(reach, own))}


def _params(reach: Reach, *own: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {**reach.params, "model": reach.model}
    for more in own:
        params.update(more)
    return params


def _rows(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _sparse(weights: Mapping[int, float]) -> str:
    """pgvector's text form, dimensions counted from 1."""
    pairs = ",".join(f"{dimension}:{weight:.7g}" for dimension, weight in weights.items())
    return f"{{{pairs}}}/{analysis.DIMENSIONS}"
