"""Finding sections of canon by words and by meaning, each cited by document, revision, section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.memories.core import analysis
from apps.memories.services.index import vector_text

DEPTH = 20  # sections that take part in a ranking
# What no word of the question stands in must mean something like it: unrelated sentences have a
# cosine of 0 to 0.2 with the models that were measured, the same fact in other words 0.4 and more.
MEANS_IT = 0.3

# A section stands from its merge to the next one's, and only on days that its document names. Of
# an organisation's canon all sections are weighed: there are thousands, not millions.
_FOUND = """
SELECT s.id, d.public_id, d.path, r.number, r.sha256, r.title, s.anchor, s.heading, s.text, s.place,
       r.merged_at, p.name, {words}, {meaning}
  FROM canon_sectionindex i
  JOIN canon_section s ON s.id = i.section_id
  JOIN canon_revision r ON r.id = s.revision_id
  JOIN canon_document d ON d.id = r.document_id
  JOIN spaces_space p ON p.id = s.space_id
 WHERE i.model = %(model)s AND i.space_id = ANY(%(spaces)s::bigint[]) AND ({matches})
   AND CASE WHEN %(moment)s::timestamptz IS NULL THEN s.known_to IS NULL
            ELSE s.known_from <= %(moment)s AND (s.known_to IS NULL OR s.known_to > %(moment)s) END
   AND (r.effective_from IS NULL OR r.effective_from <= %(day)s)
   AND (r.effective_to IS NULL OR r.effective_to > %(day)s)
   AND r.tags @> %(tags)s::varchar[]
"""
# Best of either leg first, so that neither crowds the other out
_BEST = """
WITH found AS MATERIALIZED ({found})
SELECT * FROM (
    SELECT f.*, LEAST(row_number() OVER (ORDER BY f.words DESC NULLS LAST, f.id),
                      row_number() OVER (ORDER BY f.meaning DESC NULLS LAST, f.id)) AS best
      FROM found f) AS ranked
 ORDER BY best, id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """A question as the search for sections takes it.

    Attributes:
        terms: its search terms.
        weights: inverse document frequencies by dimension, of the memories searched beside.
        vector: of the embedding model; None without one.
        model: its id; rows of it are searched.
        spaces: row ids that the asker reads.
        day: on which a document must hold.
        tags: all of which a document must have.
        moment: what stood then; None for now.
    """

    terms: Sequence[str]
    weights: Mapping[int, float]
    vector: Sequence[float] | None
    model: str
    spaces: Sequence[int]
    day: date
    tags: Sequence[str] = ()
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A section of canon that may answer.

    Attributes:
        id: row id of the section.
        document: public id.
        number: of the revision.
        sha256: of the revision's bytes.
        section: anchor in the document; "" before its first heading.
        part: place of the section in its revision, from 0.
        merged_at: when the revision became canon.
        space: its name.
        lexical: BM25 with the question's weights, above 0; None when no word stands in it.
        dense: cosine similarity; None without vectors.
    """

    id: int
    document: UUID
    path: str
    number: int
    sha256: str
    title: str
    section: str
    heading: str
    text: str
    part: int
    merged_at: datetime
    space: str
    lexical: float | None
    dense: float | None


def find(sought: Sought) -> list[Cited]:
    """The sections that say most of the question or mean most like it, in no order of relevance."""
    by_words = bool(sought.weights)
    if not sought.spaces or not (by_words or sought.vector):
        return []
    params: dict[str, Any] = {
        "model": sought.model,
        "spaces": list(sought.spaces),
        "day": sought.day,
        "tags": list(sought.tags),
        "moment": sought.moment,
        "most": DEPTH,
    }
    words = meaning = "NULL::float8"
    matches = []
    if by_words:
        said = "s.lexemes @@ %(any)s::tsquery"
        words = f"CASE WHEN {said} THEN -(i.terms <#> %(weights)s::sparsevec) END"
        matches.append(said)
        params["any"] = analysis.tsquery_text(sought.terms)
        params["weights"] = analysis.sparse_text(sought.weights)
    if sought.vector is not None:
        cast = f"halfvec({len(sought.vector)})"
        meaning = f"1 - (i.embedding::{cast} <=> %(vector)s::{cast})"
        matches.append(f"{meaning} >= {MEANS_IT}")
        params["vector"] = vector_text(sought.vector)
    found = _FOUND.format(
        words=f"{words} AS words", meaning=f"{meaning} AS meaning", matches=" OR ".join(matches)
    )
    with connection.cursor() as cursor:
        cursor.execute(_BEST.format(found=found), params)
        return [Cited(*row[:-1]) for row in cursor.fetchall()]
