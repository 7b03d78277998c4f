"""The statements of a recall, run: what is counted, found, next to it and shown.

Never more statements than a fixed number per question, whatever it finds. Call within one
transaction, within `legs.timely`; `count` first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection

from apps.memories.core import analysis
from apps.memories.services.index import vector_text
from apps.recall import planned, sql
from apps.recall.core import plans
from apps.recall.core.bm25 import SCAN_BUDGET, drives
from apps.recall.core.ranking import Candidate
from apps.recall.services.legs import Legs, Rows
from apps.recall.services.reach import Reach

DEPTH = 100  # candidates of each leg
WALKED = 50  # candidates of a walk of the graph: each costs a hundred rows of an exact sort
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
        documents: memories in those spaces, of the statuses searched.
        rows: memories expected to pass all filters; all filters that are counted (kinds, tags,
            session) are taken as independent.
        pending: some of them still wait for their vector.
        frequencies: documents by term of the question.
        total: rows of everybody; only to choose a plan with.
        hidden: whether something may be kept back from this question.
        canon: whether the spaces searched hold any.
        named: names in the question that the graph knows something of, and row ids of things.
    """

    documents: int
    rows: int
    pending: bool
    frequencies: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    hidden: bool = False
    canon: bool = False
    named: tuple[tuple[str, int], ...] = ()

    def plan(self, depth: int) -> plans.Plan:
        """How the dense leg finds the nearest, `depth` of them if it sorts."""
        return plans.choose(self.rows, total=self.total, wanted=_walked(depth))

    @property
    def driving(self) -> tuple[tuple[str, ...], ...]:
        """Terms, alone or in pairs, that make a row worth scoring."""
        return drives(self.frequencies, self.documents)


# When the statistics are late: no word can be weighed, and the graph is searched.
UNKNOWN = Counts(0, plans.LONGEST_SORT + 1, pending=False)


def terms_of(query: str) -> tuple[str, ...]:
    """The search terms of a question; empty when it has no word."""
    return analysis.question_terms(query, GUESSES)[:QUESTION_TERMS]


def count(
    legs: Legs,
    reach: Reach,
    terms: Sequence[str],
    hidden: Sequence[str] = (),
    phrases: Sequence[str] = (),
) -> Counts:
    """Read the kept statistics: `hidden` are the statuses kept back, `phrases` what may be names.

    See `sql.statistics`.
    """
    facets = reach.facets
    asked = ["", *map(analysis.lexeme, terms), *(name for group in facets for name in group)]
    own = {
        "terms": asked, "hidden": list(hidden), "phrases": list(phrases),
        "organisation": reach.organisation_id,
    }  # fmt: skip
    read = partial(fetched, planned.statement(sql.statistics, reach.names), _params(reach, own))
    rows = legs.run("lexical", read)
    if not rows:
        return UNKNOWN
    names, held, kept_back, expired, pending, total, canon, said, things = rows[0]
    by_term = dict(zip(names, held, strict=True))
    documents = by_term.get("", 0)
    matching = [sum(by_term.get(name, 0) for name in group) for group in facets]
    return Counts(
        documents,
        plans.expected(documents, matching),
        pending,
        {term: by_term.get(analysis.lexeme(term), 0) for term in terms},
        total,
        kept_back or expired,
        canon,
        tuple(zip(said, things, strict=True)),
    )


def hidden(
    legs: Legs, reach: Reach, counts: Counts, terms: Sequence[str], statuses: Sequence[str]
) -> dict[str, int]:
    """How many memories with a word of the question are kept back, by reason."""
    if not terms or not counts.hidden:
        return {}
    own = {"any": analysis.tsquery_text(terms), "hidden": list(statuses)}
    read = partial(fetched, sql.hidden(reach.names), _params(reach, own))
    return dict(legs.run("hidden", read))


def candidates(
    legs: Legs,
    reach: Reach,
    counts: Counts,
    vector: Sequence[float] | None,
    *,
    depth: int = DEPTH,
) -> list[Candidate]:
    """The best `depth` of each leg, every one with the exact scores of both.

    In one trip, as long as that is in time; else each leg by itself, to leave out the late one.
    """
    params = _params(reach, scoring(counts, vector, depth=depth))
    if "weights" in params and vector is not None:
        together = legs.attempt(partial(_both, reach, counts, params, len(vector)))
        if together is not None:
            return _candidates(together)
    found: Rows = []
    dimensions = None if vector is None else len(vector)
    if "weights" in params:
        statement = sql.by_words(reach.names, dimensions=dimensions)
        found += legs.run("lexical", partial(fetched, statement, params))
    if dimensions is not None:
        found += legs.run("dense", partial(_nearest, reach, counts, params, dimensions))
    return _candidates(found)


def _candidates(rows: Rows) -> list[Candidate]:
    """By id, each once."""
    found = {row[0]: row for row in rows}
    return [candidate(found[id_]) for id_ in sorted(found)]


def _both(reach: Reach, counts: Counts, params: Mapping[str, Any], dimensions: int) -> Rows:
    """Both legs. A walk that comes back short has met too few rows that pass: sort them."""
    exact, near = _plan(counts, params)
    statement = sql.by_both(reach.names, dimensions=dimensions, exact=exact)
    rows = fetched(statement, {**params, "near": near})
    found = [row[:-1] for row in rows]
    if exact or sum(row[-1] for row in rows) >= near:
        return found
    return found + _sorted(reach, params, dimensions)


def _nearest(reach: Reach, counts: Counts, params: Mapping[str, Any], dimensions: int) -> Rows:
    """The dense leg alone; a short walk as in `_both`."""
    exact, near = _plan(counts, params)
    if not exact:
        statement = sql.by_meaning(
            reach.names, words="weights" in params, dimensions=dimensions, exact=False
        )
        rows = fetched(statement, {**params, "near": near})
        if len(rows) >= near:
            return rows
    return _sorted(reach, params, dimensions)


def _sorted(reach: Reach, params: Mapping[str, Any], dimensions: int) -> Rows:
    """The nearest of all rows that pass, sorted exactly."""
    statement = sql.by_meaning(
        reach.names, words="weights" in params, dimensions=dimensions, exact=True
    )
    return fetched(statement, {**params, "near": params["depth"]})


def _plan(counts: Counts, params: Mapping[str, Any]) -> tuple[bool, int]:
    """Whether all rows are sorted, and how many are wanted of the nearest."""
    exact = counts.plan(params["depth"]) is plans.Plan.EXACT
    return exact, params["depth"] if exact else _walked(params["depth"])


def _walked(depth: int) -> int:
    """As many as a leg usually gives bring `WALKED`; a deeper question half of its depth."""
    return max(WALKED, depth // 2)


def scoring(counts: Counts, vector: Sequence[float] | None, *, depth: int) -> dict[str, Any]:
    """Parameters that score: `driving` and `weights` of the words, if any is known; `vector`."""
    own: dict[str, Any] = {"depth": depth, "visits": SCAN_BUDGET}
    weights = analysis.query_vector(counts.frequencies, counts.frequencies, counts.documents)
    if weights:
        own["driving"] = analysis.tsquery_text_of_groups(counts.driving)
        own["weights"] = analysis.sparse_text(weights)
    if vector is not None:
        own["vector"] = vector_text(vector)
    return own


def candidate(row: Sequence[Any]) -> Candidate:
    """From a row of `sql.by_words` or `sql.by_meaning`."""
    id_, space_id, session, lexical, dense, *ties = row
    place = (space_id, session) if session else None
    return Candidate(id_, lexical or None, dense, place, tuple(ties))


def neighbours(legs: Legs, reach: Reach, hits: Iterable[int]) -> dict[int, list[Candidate]]:
    """For each hit, the memories said just before and after it; only where there are some."""
    own = {"hits": sorted(hits), "gap": GAP}
    found: dict[int, list[Candidate]] = {}
    if not own["hits"]:
        return found
    read = partial(fetched, planned.statement(sql.neighbours, reach.names), _params(reach, own))
    for hit, id_, space_id, session, *ties in legs.run("neighbours", read):
        near = Candidate(id_, session=(space_id, session), ties=tuple(ties))
        found.setdefault(hit, []).append(near)
    return found


def shown(reach: Reach, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Rows of `sql.shown` by memory id; one that changed meanwhile and is not visible is absent."""
    own = {"ids": list(ids), "readable": list(reach.readable)}
    statement = planned.statement(sql.shown, reach.names)
    return {row[0]: row for row in fetched(statement, _params(reach, own))}


def _params(reach: Reach, *own: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {**reach.params, "model": reach.model}
    for more in own:
        params.update(more)
    return params


def fetched(statement: str, params: Mapping[str, Any]) -> Rows:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
