"""The statements of a recall: sparse and half vectors, GIN and HNSW, which the ORM cannot say.

Every scan carries the whole filter. A filter is a set of conditions that hold for the index row
(`i`) as well as for the memory (`m`), because the index copies what filters need; only `metadata`
and `created_at` live on the memory alone. Values are always parameters.
"""

from collections.abc import Collection, Container

from apps.graph.sql_expansion import NAMED

COUNTED_HIDDEN = 1_000
LOOKED_AT_PENDING = 1_000
SHOWN_SOURCES = 50

# For the rest of the transaction. Custom plans: a cached generic one cannot see how large the
# asker's spaces are. Without iterative_scan a filtered walk of the graph comes back nearly empty.
# The order in which a scan that stops early meets its rows must not depend on who else is scanning.
# The usage row need not reach the disk before the answer leaves: a crash may cost the last ones.
# The savepoint, in the same trip, is what a late leg goes back to.
SAVEPOINT = "recall_legs"
SETTINGS = f"""
SELECT set_config('statement_timeout', %(timeout)s, true),
       set_config('synchronous_commit', 'off', true),
       set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('synchronize_seqscans', 'off', true),
       set_config('hnsw.iterative_scan', 'relaxed_order', true),
       set_config('hnsw.ef_search', '100', true),
       set_config('hnsw.max_scan_tuples', '40000', true);
SAVEPOINT {SAVEPOINT}
"""

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


# The same as "space_ids", in the form that the GIN index holds: words, tags and spaces meet there.
_IN_GIN = {"space_ids": "ARRAY[{a}.space_id] && %(space_ids)s::bigint[]"}


def on_index(names: Collection[str], *, gin: bool = False) -> str:
    """Conditions on `memories_memoryindex i` for the parameters named; model and spaces always.

    With `gin` the spaces are asked of the GIN index, for a scan that words or tags drive.
    """
    conditions = {**_CONDITIONS, **_IN_GIN} if gin else _CONDITIONS
    parts = ["i.model = %(model)s", *_parts(conditions, names, "i")]
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
    """What weighs the words and chooses the plan, read from the kept statistics.

    All within the spaces searched. Returns one row: terms and their documents in the statuses
    searched (the empty term stands for every memory); whether a term occurs in the statuses kept
    back; whether something is past its expiry; whether a vector is pending; rows in the table, of
    everybody; whether there is canon; names among `phrases` that the graph knows something of, and
    for each the row id of what stands for it.
    """
    own = {"space_ids", "statuses"}
    expired = f"""EXISTS (SELECT 1 FROM memories_memoryindex i
                WHERE {on_index(own)} AND i.expires_at <= %(now)s)"""  # noqa: S608
    return f"""
WITH corpora AS MATERIALIZED (
    SELECT id, status = ANY(%(statuses)s::text[]) AS searched FROM memories_corpus
     WHERE space_id = ANY(%(space_ids)s::bigint[]) AND model = %(model)s
       AND status = ANY(%(statuses)s::text[] || %(hidden)s::text[])),
counts AS MATERIALIZED (
    SELECT t.term, sum(t.documents) FILTER (WHERE c.searched) AS documents,
           sum(t.documents) FILTER (WHERE NOT c.searched) AS hidden
      FROM corpora c JOIN memories_termcount t ON t.corpus_id = c.id
     WHERE t.term = ANY(%(terms)s::text[]) GROUP BY t.term),
{NAMED}
SELECT ARRAY(SELECT term FROM counts WHERE documents > 0 ORDER BY term),
       ARRAY(SELECT documents FROM counts WHERE documents > 0 ORDER BY term),
       EXISTS (SELECT 1 FROM counts WHERE hidden > 0 AND left(term, 1) NOT IN ('', ' ')),
       {expired if "now" in names else "false"},
       EXISTS (SELECT 1 FROM (SELECT * FROM memories_memoryindex i
                               WHERE {on_index(own)} AND i.embedding IS NULL
                               LIMIT {LOOKED_AT_PENDING}) i WHERE {on_index(names)}),
       (SELECT reltuples::bigint FROM pg_class WHERE oid = 'memories_memoryindex'::regclass),
       EXISTS (SELECT FROM canon_section s WHERE s.space_id = ANY(%(space_ids)s::bigint[])),
       ARRAY(SELECT name FROM named ORDER BY node, name),
       ARRAY(SELECT node FROM named ORDER BY node, name)
"""  # noqa: S608  only the constants above are put together


def hidden(names: Collection[str]) -> str:
    """How many matches are kept back, by reason; at most `COUNTED_HIDDEN` are looked at."""
    others = on_index(set(names) - {"statuses", "now"}, gin=True)
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


# A word that is too common even alone is met `visits` times.
_WORDS = """
    SELECT id FROM (SELECT i.id, i.memory_id, i.terms FROM memories_memoryindex i
                     WHERE {where} AND i.lexemes @@ %(driving)s::tsquery LIMIT %(visits)s) AS met
     ORDER BY terms <#> %(weights)s::sparsevec, memory_id LIMIT %(depth)s"""
# Not as the graph index has it, so that the planner cannot answer an exact question with it; the
# cast alone would take 0.6 us of a row's 1.6 us.
_EXACT = """
    SELECT i.id FROM memories_memoryindex i
     WHERE {where} AND i.embedding IS NOT NULL
     ORDER BY {distance}, i.memory_id LIMIT %(near)s"""
# Relaxed order suffices: the scores are computed again for what is found.
_HNSW = """
    SELECT i.id FROM memories_memoryindex i
     WHERE {where} AND i.embedding IS NOT NULL
     ORDER BY {distance} LIMIT %(near)s"""
_TIES = """
       (m.corroborated_at IS NOT NULL)::int,
       (SELECT count(*) FROM memories_provenance p WHERE p.memory_id = m.id),
       EXTRACT(epoch FROM m.occurred_at)::float8"""


def by_words(names: Collection[str], *, dimensions: int | None) -> str:
    """The lexical leg: `driving`, `weights` and `visits` given.

    Args:
        names: the filter's parameters.
        dimensions: of the query vector (`vector`); None without one.

    Returns:
        A statement for rows (memory id, space id, session, BM25, cosine or null, and three
        tie-breaks), in no order.
    """
    found = _WORDS.format(where=on_index(names, gin=True))
    return scored(found, words=True, dimensions=dimensions)


def by_meaning(names: Collection[str], *, words: bool, dimensions: int, exact: bool) -> str:
    """The dense leg.

    Args:
        names: the filter's parameters.
        words: whether there are `weights` to compute BM25 with.
        dimensions: of the query vector (`vector`).
        exact: whether all rows are sorted or the graph index is walked, for `near` of them.

    Returns:
        A statement for rows as of `by_words`; BM25 may be null.
    """
    found = _nearest(names, dimensions=dimensions, exact=exact)
    return scored(found, words=words, dimensions=dimensions)


def by_both(names: Collection[str], *, dimensions: int, exact: bool) -> str:
    """Both legs in one trip, what both found scored once; parameters as of both.

    Returns:
        A statement for rows as of `by_words`, and at their end whether the dense leg found it.
    """
    words = _WORDS.format(where=on_index(names, gin=True))
    meaning = _nearest(names, dimensions=dimensions, exact=exact)
    found = f"""
    SELECT id, bool_or(nearest) AS nearest
      FROM (SELECT id, false AS nearest FROM ({words}) AS words
            UNION ALL
            SELECT id, true FROM ({meaning}) AS meaning) AS either
     GROUP BY id"""  # noqa: S608
    return scored(found, words=True, dimensions=dimensions, also=", found.nearest")


def _nearest(names: Collection[str], *, dimensions: int, exact: bool) -> str:
    return (_EXACT if exact else _HNSW).format(
        where=on_index(names, gin=exact and "tags" in names),
        distance=_distance(dimensions, indexed=not exact),
    )


def scored(found: str, *, words: bool, dimensions: int | None, also: str = "") -> str:
    """What a leg found (index rows, `id`), with the scores of both, and `also` of it."""
    return f"""
WITH found AS MATERIALIZED ({found})
SELECT m.id, m.space_id, m.session_id,
       {"-(i.terms <#> %(weights)s::sparsevec)" if words else "NULL"},
       {f"1 - ({_distance(dimensions)})" if dimensions is not None else "NULL"},{_TIES}{also}
  FROM found
  JOIN memories_memoryindex i ON i.id = found.id
  JOIN memories_memory m ON m.id = i.memory_id
"""  # noqa: S608


def _distance(dimensions: int, *, indexed: bool = False) -> str:
    """Cosine distance of rows of one model; `indexed` in the words of its graph index."""
    cast = f"::halfvec({dimensions})"
    return f"i.embedding{cast if indexed else ''} <=> %(vector)s{cast}"


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


# Which memories answers showed to whom; decay counts the people
READINGS = """
SELECT unnest(memories) AS public_id, person_id FROM recall_recalluse
 WHERE organisation_id = %(organisation)s AND created_at >= %(read_since)s
"""

# Written out: building it costs more than running it
USED = """
INSERT INTO recall_recalluse
    (public_id, organisation_id, user_id, person_id, query_hash, memories, known_at, created_at)
VALUES (%(public_id)s, %(organisation_id)s, %(user_id)s, %(person_id)s, %(query_hash)s,
        %(memories)s::uuid[], %(known_at)s, %(created_at)s)
"""
