"""The statements of a recall: sparse and half vectors, GIN and HNSW, which the ORM cannot say.

Every scan carries the whole filter. A filter is a set of conditions that hold for the index row
(`i`) as well as for the memory (`m`), because the index copies what filters need; only `metadata`
and `created_at` live on the memory alone. Values are always parameters.
"""

from collections.abc import Collection, Container

COUNTED_DOCUMENTS = 100_000
COUNTED_MATCHES = 20_000
COUNTED_HIDDEN = 1_000
SHOWN_SOURCES = 50

# For the rest of the transaction. Custom plans: a cached generic one cannot see how large the
# asker's spaces are. Without iterative_scan a filtered walk of the graph comes back nearly empty.
_SETTINGS = """
       set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
       set_config('hnsw.iterative_scan', 'relaxed_order', true),
       set_config('hnsw.ef_search', '200', true),
       set_config('hnsw.max_scan_tuples', '40000', true)"""

# By parameter name; a condition takes part when its parameter is there.
_CONDITIONS = {
    "space_ids": "{a}.space_id = ANY(%(space_ids)s::bigint[])",
    "statuses": "{a}.status = ANY(%(statuses)s::text[])",
    # archived is what becomes of the expired: who asks for it, wants it
    "now": "({a}.expires_at IS NULL OR {a}.expires_at > %(now)s OR {a}.status = 'archived')",
    "kinds": "{a}.kind = ANY(%(kinds)s::text[])",
    "tags": "{a}.tags @> %(tags)s::varchar[]",
    "author_ids": "{a}.author_id IN (SELECT id FROM accounts_user"
    " WHERE public_id = ANY(%(author_ids)s::uuid[]))",
    "session_id": "{a}.session_id = %(session_id)s",
    "occurred_after": "{a}.occurred_at >= %(occurred_after)s",
    "occurred_before": "{a}.occurred_at < %(occurred_before)s",
    "as_of": "COALESCE({a}.valid_from, {a}.occurred_at) <= %(as_of)s"
    " AND ({a}.valid_to IS NULL OR {a}.valid_to > %(as_of)s)",
}
_ON_MEMORY = {
    # what changed since is found by `sql_history`
    "known_at": "{a}.updated_at <= %(known_at)s",
    "metadata": "{a}.metadata @> %(metadata)s::jsonb",
    "created_after": "{a}.created_at >= %(created_after)s",
    "created_before": "{a}.created_at < %(created_before)s",
}


def on_index(names: Collection[str]) -> str:
    """Conditions on `memories_memoryindex i` for the parameters named; model and spaces always."""
    parts = ["i.model = %(model)s", *_parts(_CONDITIONS, names, "i")]
    if beyond := _parts(_ON_MEMORY, names, "f"):
        found = ["f.id = i.memory_id", *beyond]
        parts.append(f"EXISTS (SELECT FROM memories_memory f WHERE {' AND '.join(found)})")
    return " AND ".join(parts)


def on_memory(names: Collection[str], alias: str = "m") -> str:
    """Conditions on `memories_memory` under an alias, for the parameters named."""
    return " AND ".join(_parts({**_CONDITIONS, **_ON_MEMORY}, names, alias))


def _parts(conditions: dict[str, str], names: Container[str], alias: str) -> list[str]:
    return [text.format(a=alias) for name, text in conditions.items() if name in names]


def statistics(names: Collection[str]) -> str:
    """Counts that weigh the words and choose the plan; also sets the transaction up.

    All within the spaces searched. Counted on the spot and bounded, until kept statistics replace
    it: documents up to `COUNTED_DOCUMENTS`, a term's documents up to `COUNTED_MATCHES`, rows behind
    the filters up to `row_limit`. Without a filter beyond space, status and expiry the rows are not
    counted again: null. Returns one row: documents, rows, whether a vector is pending, documents by
    term.
    """
    corpus, where = on_index({"space_ids", "statuses"}), on_index(names)
    rows = f"""(SELECT count(*) FROM (SELECT 1 FROM memories_memoryindex i WHERE {where}
                              LIMIT %(row_limit)s) AS r)"""  # noqa: S608
    if set(names) <= {"space_ids", "statuses", "now"}:
        rows = "NULL"
    return f"""
SELECT (SELECT count(*) FROM (SELECT 1 FROM memories_memoryindex i WHERE {corpus}
                              LIMIT {COUNTED_DOCUMENTS}) AS d),
       {rows},
       EXISTS (SELECT 1 FROM memories_memoryindex i WHERE {where} AND i.embedding IS NULL),
       ARRAY(SELECT (SELECT count(*) FROM (SELECT 1 FROM memories_memoryindex i
                                           WHERE {corpus} AND i.lexemes @@ t.term::tsquery
                                           LIMIT {COUNTED_MATCHES}) AS c)
               FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS t(term, place)
              ORDER BY t.place),{_SETTINGS}
"""  # noqa: S608  only the constants above are put together


def hidden(names: Collection[str]) -> str:
    """How many matches are kept back, by reason; at most `COUNTED_HIDDEN` are looked at."""
    others = on_index(set(names) - {"statuses", "now"})
    expired = (
        f"""UNION ALL
    SELECT 'expired' FROM memories_memoryindex i
     WHERE {others} AND i.status = ANY(%(statuses)s::text[]) AND i.expires_at <= %(now)s
       AND i.status <> 'archived' AND i.lexemes @@ %(any)s::tsquery"""  # noqa: S608
        if "now" in names
        else ""
    )
    return f"""
SELECT reason, count(*) FROM (
    SELECT i.status AS reason FROM memories_memoryindex i
     WHERE {others} AND i.status = ANY(%(hidden)s::text[]) AND i.lexemes @@ %(any)s::tsquery
    {expired} LIMIT {COUNTED_HIDDEN}) AS kept_back
GROUP BY reason ORDER BY reason
"""  # noqa: S608


_WORDS = """
    SELECT i.memory_id FROM memories_memoryindex i
     WHERE {where} AND i.lexemes @@ %(driving)s::tsquery
     ORDER BY i.terms <#> %(weights)s::sparsevec, i.memory_id LIMIT %(depth)s"""
# `+ 0` keeps the planner from answering an exact question with the graph index.
_EXACT = """
    SELECT i.memory_id FROM memories_memoryindex i
     WHERE {where} AND i.embedding IS NOT NULL
     ORDER BY ({distance}) + 0, i.memory_id LIMIT %(depth)s"""
# Relaxed order suffices: the scores are computed again for the union.
_HNSW = """
    SELECT i.memory_id FROM memories_memoryindex i
     WHERE {where} AND i.embedding IS NOT NULL
     ORDER BY {distance} LIMIT %(depth)s"""
_NOTHING = "SELECT NULL::bigint AS memory_id WHERE false"
_TIES = """
       (m.corroborated_at IS NOT NULL)::int,
       (SELECT count(*) FROM memories_provenance p WHERE p.memory_id = m.id),
       EXTRACT(epoch FROM m.occurred_at)::float8"""


def candidates(
    names: Collection[str], *, words: bool, dimensions: int | None, exact: bool = True
) -> str:
    """Both legs, and both exact scores for every row that either leg found.

    Args:
        names: the filter's parameters.
        words: whether there is a lexical leg (`driving`, `weights`).
        dimensions: of the query vector (`vector`); None for no dense leg.
        exact: whether the dense leg sorts all rows or walks the graph index.

    Returns:
        A statement for rows (memory id, space id, session, BM25 or null, cosine or null, and three
        tie-breaks).
    """
    where = on_index(names)
    cast = f"halfvec({dimensions})"
    distance = f"i.embedding::{cast} <=> %(vector)s::{cast}"
    dense = _NOTHING
    if dimensions is not None:
        dense = (_EXACT if exact else _HNSW).format(where=where, distance=distance)
    return f"""
WITH words AS MATERIALIZED ({_WORDS.format(where=where) if words else _NOTHING}),
     meaning AS MATERIALIZED ({dense}),
     pool AS MATERIALIZED (SELECT memory_id FROM words UNION SELECT memory_id FROM meaning)
SELECT m.id, m.space_id, m.session_id,
       {"-(i.terms <#> %(weights)s::sparsevec)" if words else "NULL"},
       {f"1 - ({distance})" if dimensions is not None else "NULL"},{_TIES}
  FROM pool
  JOIN memories_memoryindex i ON i.memory_id = pool.memory_id AND i.model = %(model)s
  JOIN memories_memory m ON m.id = pool.memory_id
"""  # noqa: S608


def neighbours(names: Collection[str]) -> str:
    """What was said just before and after each of `hits` in its session, within `gap`.

    The neighbours pass the same filters. Rows: hit, then as from `candidates` without scores.
    """
    where = on_memory(names, "n")
    same = "n.session_id = h.session_id AND n.space_id = h.space_id"
    return f"""
SELECT h.id, m.id, m.space_id, m.session_id,{_TIES}
  FROM memories_memory h
 CROSS JOIN LATERAL (
    (SELECT n.* FROM memories_memory n
      WHERE {same} AND {where} AND (n.occurred_at, n.id) < (h.occurred_at, h.id)
        AND n.occurred_at >= h.occurred_at - %(gap)s::interval
      ORDER BY n.occurred_at DESC, n.id DESC LIMIT 1)
    UNION ALL
    (SELECT n.* FROM memories_memory n
      WHERE {same} AND {where} AND (n.occurred_at, n.id) > (h.occurred_at, h.id)
        AND n.occurred_at <= h.occurred_at + %(gap)s::interval
      ORDER BY n.occurred_at, n.id LIMIT 1)
 ) AS m
 WHERE h.id = ANY(%(hits)s::bigint[]) AND h.session_id <> ''
"""  # noqa: S608


def shown(names: Collection[str]) -> str:
    """The memories to show, in no order, with what they come from.

    The filters are asked once more, now of the memory itself: what was retracted a moment ago is
    not shown. Sources are named when the asker reads their space (`readable`).
    """
    return f"""
SELECT m.id, m.public_id, m.text, m.kind, m.tags, m.session_id, m.occurred_at, m.valid_from,
       m.valid_to, m.status, m.corroborated_at, s.public_id, s.name, s.kind,
       u.public_id, u.name, u.kind,
       (SELECT count(*) FROM memories_provenance p WHERE p.memory_id = m.id),
       ARRAY(SELECT o.public_id FROM memories_provenance p
               JOIN memories_memory o ON o.id = p.source_memory_id
              WHERE p.memory_id = m.id AND o.space_id = ANY(%(readable)s::bigint[])
                AND o.status <> 'erased' ORDER BY p.id LIMIT {SHOWN_SOURCES}),
       m.revision
  FROM memories_memory m
  JOIN spaces_space s ON s.id = m.space_id
  JOIN accounts_user u ON u.id = m.author_id
 WHERE m.id = ANY(%(ids)s::bigint[]) AND {on_memory(names)}
"""  # noqa: S608
