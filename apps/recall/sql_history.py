"""The statements of a recall of the past: what the hub knew at `known_at`, from the revisions.

What has not changed since is found by the ordinary statements with one more condition (see
`sql`). These are about the rest. `held` is each changed memory as it was then, under the names
that `sql.on_memory` knows; permissions are those of now. The cost grows with the memories of the
searched spaces that changed since: an index lookup in the revisions for each.
"""

from collections.abc import Collection

from apps.recall import sql

SHOWN_SOURCES = sql.SHOWN_SOURCES

# What was taken back later is left to its people and its reviewers, as everywhere.
_HELD = """
SELECT m.id, m.public_id, m.space_id, m.author_id, m.session_id, m.created_at,
       CASE WHEN m.corroborated_at <= %(known_at)s THEN m.corroborated_at END AS corroborated_at,
       r.number, r.text, r.language, r.kind, r.tags, r.metadata, r.status, r.occurred_at,
       r.valid_from, r.valid_to, r.expires_at,
       r.text = m.text AND r.language = m.language AS same_words
  FROM memories_memory m
 CROSS JOIN LATERAL (SELECT * FROM memories_memoryrevision o
                      WHERE o.memory_id = m.id AND o.recorded_at <= %(known_at)s
                      ORDER BY o.number DESC LIMIT 1) r
 WHERE m.status <> 'erased' AND m.space_id = ANY(%(space_ids)s::bigint[])
   AND m.created_at <= %(known_at)s
   AND (m.status <> 'retracted' OR m.owner_id = %(principal)s
        OR m.space_id = ANY(%(reviewed)s::bigint[]) AND m.sensitivity = 'normal')"""
_CHANGED = f"{_HELD} AND m.updated_at > %(known_at)s"
_TIES = """
       (h.corroborated_at IS NOT NULL)::int,
       (SELECT count(*) FROM memories_provenance p
         WHERE p.memory_id = h.id AND p.created_at <= %(known_at)s),
       EXTRACT(epoch FROM h.occurred_at)::float8"""
_NOTHING = "SELECT NULL::bigint AS memory_id WHERE false"


def other_words(names: Collection[str]) -> str:
    """Memories whose words were others then: those with most `patterns` first, `most` of them.

    Their words are in no index, so the caller analyses them. Rows: memory id, space id, session,
    text, language, and three tie-breaks.
    """
    return f"""
SELECT h.id, h.space_id, h.session_id, h.text, h.language,{_TIES}
  FROM ({_CHANGED}) h
 WHERE NOT h.same_words AND {_conditions(names)}
 ORDER BY (SELECT count(*) FROM unnest(%(patterns)s::text[]) AS p WHERE h.text ILIKE p) DESC,
          h.id DESC
 LIMIT %(most)s
"""  # noqa: S608  only constants are put together


def same_words(names: Collection[str], *, words: bool, dimensions: int | None) -> str:
    """Both legs over memories that changed since in everything but their words.

    Args and rows as of `sql.candidates`; the dense leg is always exact.
    """
    cast = f"halfvec({dimensions})"
    distance = f"i.embedding::{cast} <=> %(vector)s::{cast}"
    found = "FROM held h JOIN memories_memoryindex i ON i.memory_id = h.id AND i.model = %(model)s"
    lexical, dense = _NOTHING, _NOTHING
    if words:
        lexical = f"""
    SELECT i.memory_id {found}
     WHERE i.lexemes @@ %(driving)s::tsquery
     ORDER BY i.terms <#> %(weights)s::sparsevec, i.memory_id LIMIT %(depth)s"""
    if dimensions is not None:
        dense = f"""
    SELECT i.memory_id {found}
     WHERE i.embedding IS NOT NULL
     ORDER BY ({distance}) + 0, i.memory_id LIMIT %(depth)s"""
    return f"""
WITH held AS MATERIALIZED (SELECT * FROM ({_CHANGED}) h
                            WHERE h.same_words AND {_conditions(names)}),
     words AS ({lexical}), meaning AS ({dense}),
     pool AS MATERIALIZED (SELECT memory_id FROM words UNION SELECT memory_id FROM meaning)
SELECT h.id, h.space_id, h.session_id,
       {"-(i.terms <#> %(weights)s::sparsevec)" if words else "NULL"},
       {f"1 - ({distance})" if dimensions is not None else "NULL"},{_TIES}
  FROM pool JOIN held h ON h.id = pool.memory_id
  JOIN memories_memoryindex i ON i.memory_id = h.id AND i.model = %(model)s
"""  # noqa: S608


def shown(names: Collection[str]) -> str:
    """The memories to show as they were then; rows and conditions as of `sql.shown`."""
    return f"""
SELECT h.id, h.public_id, h.text, h.kind, h.tags, h.session_id, h.occurred_at, h.valid_from,
       h.valid_to, h.status, h.corroborated_at, s.public_id, s.name, s.kind,
       u.public_id, u.name, u.kind,
       (SELECT count(*) FROM memories_provenance p
         WHERE p.memory_id = h.id AND p.created_at <= %(known_at)s),
       ARRAY(SELECT o.public_id FROM memories_provenance p
               JOIN memories_memory o ON o.id = p.source_memory_id
              WHERE p.memory_id = h.id AND p.created_at <= %(known_at)s
                AND o.space_id = ANY(%(readable)s::bigint[])
                AND o.status <> 'erased' ORDER BY p.id LIMIT {SHOWN_SOURCES}),
       h.number
  FROM ({_HELD} AND m.id = ANY(%(ids)s::bigint[])) h
  JOIN spaces_space s ON s.id = h.space_id
  JOIN accounts_user u ON u.id = h.author_id
 WHERE {_conditions(names)}
"""  # noqa: S608


def _conditions(names: Collection[str]) -> str:
    return sql.on_memory(set(names) - {"known_at"}, "h")
