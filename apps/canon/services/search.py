"""Finding sections of canon by words, each cited by document, revision and section."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.memories.core import analysis

MOST = 5  # sections in an answer
_TERMS = 64  # of a question; a longer one is a text

# Words of the question that a section says, then how often: no section is long. A section stands
# from its merge to the next one's, and only on days that its document names.
_FOUND = """
SELECT d.public_id, d.path, r.number, r.sha256, r.title, s.anchor, s.heading, s.text,
       ts_rank(s.lexemes, %(any)s::tsquery, 32) AS score
  FROM canon_section s
  JOIN canon_revision r ON r.id = s.revision_id
  JOIN canon_document d ON d.id = r.document_id
 WHERE s.space_id = ANY(%(spaces)s) AND s.lexemes @@ %(any)s::tsquery
   AND CASE WHEN %(moment)s::timestamptz IS NULL THEN s.known_to IS NULL
            ELSE s.known_from <= %(moment)s AND (s.known_to IS NULL OR s.known_to > %(moment)s) END
   AND (r.effective_from IS NULL OR r.effective_from <= %(day)s)
   AND (r.effective_to IS NULL OR r.effective_to > %(day)s)
   AND r.tags @> %(tags)s::varchar[]
 ORDER BY (SELECT count(*) FROM unnest(%(each)s::text[]) AS term
            WHERE s.lexemes @@ term::tsquery) DESC,
          score DESC, d.path_key, s.place
 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Cited:
    """A section of canon in an answer.

    Attributes:
        document: public id.
        number: of the revision.
        sha256: of the revision's bytes.
        section: anchor in the document; "" before its first heading.
        score: of the words alone, 0 to 1.
    """

    document: UUID
    path: str
    number: int
    sha256: str
    title: str
    section: str
    heading: str
    text: str
    score: float


def find(
    *,
    query: str,
    languages: Sequence[str],
    spaces: Sequence[int],
    day: date,
    tags: Sequence[str] = (),
    moment: datetime | None = None,
) -> list[Cited]:
    """The sections that say most of the question, at most five.

    Args:
        query: the question.
        languages: that it may be in.
        spaces: row ids that the asker reads.
        day: on which a document must hold.
        tags: all of which a document must have.
        moment: what stood then; None for now.
    """
    terms = analysis.question_terms(query, languages)[:_TERMS]
    if not terms or not spaces:
        return []
    params: dict[str, Any] = {
        "any": analysis.tsquery_text(terms),
        "each": [analysis.tsquery_text([term]) for term in terms],
        "spaces": list(spaces),
        "day": day,
        "tags": list(tags),
        "moment": moment,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, params)
        return [Cited(*row) for row in cursor.fetchall()]
