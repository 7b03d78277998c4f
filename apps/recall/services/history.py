"""Answering from the past: the words, statuses and times that the hub held at `known_at`.

Unchanged memories are in the index. Of the changed ones, those with the same words borrow their
index row; old words are in no index and are read, analysed and embedded for this one question,
`SCANNED` of them at most: the ones that hold most of the question's words.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import connection

from apps.memories.core import analysis
from apps.recall import sql_history
from apps.recall.core.ranking import Candidate
from apps.recall.services import meaning, search
from apps.recall.services.reach import Reach
from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

SCANNED = 500  # old texts read for one question, at about 0.1 ms each
EMBEDDED = 64  # of these, at about 1.5 ms each with the bundled model
PATTERNS = 32
_WORD = re.compile(r"[\w.-]{4,}")  # as written: accents and codes, which stems have lost
_WILD = re.compile(r"([\\%_])")


@dataclass(frozen=True, slots=True)
class OldWords:
    """A memory in words it no longer has."""

    candidate: Candidate
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What a recall of the past looks at beside the index.

    Attributes:
        extra: parameters of `sql_history`.
        old: memories in their old words, analysed; their candidates carry the cosine, if any.
        partial: there were more old words than could be read.
    """

    extra: Mapping[str, Any]
    old: Sequence[OldWords] = ()
    partial: bool = False
    vectors: Mapping[int, Sequence[float]] = field(default_factory=dict)


def read(actor: "Actor", within: Reach, query: str, vector: Sequence[float] | None) -> Past:
    """Read and analyse what is in no index. Asks the model: never inside a transaction."""
    extra = {
        "principal": actor.principal.pk,
        "reviewed": sorted(access.of(actor).ids("review")),
    }
    terms = search.terms_of(query)
    own = {"patterns": _patterns(query, terms), "most": SCANNED + 1}
    rows = _run(sql_history.other_words(within.names), within, extra, own)
    old = [_analysed(row) for row in rows[:SCANNED]]
    best = sorted(old, key=lambda each: -len(set(terms) & set(each.terms)))[:EMBEDDED]
    near = _vectors(best, within) if vector is not None else {}
    return Past(extra, old, len(rows) > SCANNED, near)


def counted(past: Past, counts: search.Counts) -> search.Counts:
    """The counts with the old words among them."""
    held = Counter(term for each in past.old for term in set(each.terms))
    known = {term: count + held[term] for term, count in counts.frequencies.items()}
    return replace(counts, documents=counts.documents + len(past.old), frequencies=known)


def candidates(
    within: Reach,
    past: Past,
    counts: search.Counts,
    vector: Sequence[float] | None,
    *,
    depth: int,
) -> list[Candidate]:
    """Changed memories, in the words they had, with scores that compare to the index's own."""
    weights = analysis.query_vector(counts.frequencies, counts.frequencies, counts.documents)
    own = search.scoring(counts, vector, depth=depth)
    statement = sql_history.same_words(
        within.names, words=bool(weights), dimensions=None if vector is None else len(vector)
    )
    rows = _run(statement, within, past.extra, own)
    same = [search.candidate(row) for row in rows]
    return [*same, *(_scored(each, past, weights, vector) for each in past.old)]


def shown(within: Reach, past: Past, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Rows of `sql_history.shown` by memory id."""
    own = {"ids": list(ids), "readable": list(within.readable)}
    rows = _run(sql_history.shown(within.names), within, past.extra, own)
    return {row[0]: row for row in rows}


def _vectors(old: Sequence[OldWords], within: Reach) -> dict[int, Sequence[float]]:
    """By memory id; empty when the model is unavailable."""
    if not old:
        return {}
    rows = meaning.vectors_of([each.text for each in old], within.embedder) or []
    return {each.candidate.id: row for each, row in zip(old, rows, strict=False)}


def _run(statement: str, within: Reach, *own: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    params: dict[str, Any] = {**within.params, "model": within.model}
    for more in own:
        params |= more
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _patterns(query: str, terms: Sequence[str]) -> list[str]:
    """Substrings that a text with a word of the question is likely to hold, for ILIKE."""
    words = dict.fromkeys([*terms, *_WORD.findall(query)])
    return ["%" + _WILD.sub(r"\\\1", word) + "%" for word in words][:PATTERNS]


def _analysed(row: Sequence[Any]) -> OldWords:
    id_, space_id, session, text, language, *ties = row
    place = (space_id, session) if session else None
    found = Candidate(id_, session=place, ties=tuple(ties))
    return OldWords(found, text, analysis.analyse(text, language))


def _scored(
    old: OldWords,
    past: Past,
    weights: Mapping[int, float],
    vector: Sequence[float] | None,
) -> Candidate:
    held = analysis.document_vector(old.terms)
    lexical = sum(weight * held.get(term, 0.0) for term, weight in weights.items())
    own = past.vectors.get(old.candidate.id)
    near = None
    if own is not None and vector is not None:
        near = sum(a * b for a, b in zip(own, vector, strict=True))
    return replace(old.candidate, lexical=lexical or None, dense=near)
