"""What is known of memories and when each fades, for all of them at once.

How long evidence makes a memory last is computed by `core.strength`, once for each combination that
occurs; the database joins. So a million memories cost a scan, and rows are written only for those
that move.
"""

from apps.decay import sources

COLUMNS = ("confirmers", "contradicters", "successes", "failures", "readers")

# A word given on other words says nothing: `since` is when the memory got its present ones. Only
# the hub itself writes sources of what it published or merged; whoever else names sources proves
# nothing. What was said of memories that a merge put into one is said of that one, and who wrote
# them said the same; each person counts once.
_EVIDENCE = """
m AS NOT MATERIALIZED (
    SELECT id, public_id, owner_id, text, revision, source, content_hash
      FROM memories_memory WHERE organisation_id = %(organisation)s {only}),
merged AS (
    SELECT p.memory_id, m.owner_id, p.source_memory_id AS origin_id
      FROM m JOIN memories_provenance p ON p.memory_id = m.id
      JOIN memories_memory o ON o.id = p.source_memory_id AND o.status = 'superseded'
     WHERE m.source = 'consolidation'
     UNION
    SELECT g.memory_id, g.owner_id, p.source_memory_id
      FROM merged g
      JOIN memories_memory b ON b.id = g.origin_id AND b.source = 'consolidation'
      JOIN memories_provenance p ON p.memory_id = g.origin_id
      JOIN memories_memory o ON o.id = p.source_memory_id AND o.status = 'superseded'),
carriers AS NOT MATERIALIZED (
    SELECT id AS memory_id, owner_id, id AS carrier_id, public_id, text, revision, content_hash
      FROM m
     UNION ALL
    SELECT g.memory_id, g.owner_id, o.id, o.public_id, o.text, o.revision, o.content_hash
      FROM merged g JOIN memories_memory o ON o.id = g.origin_id),
said AS (
    SELECT DISTINCT ON (w.memory_id, w.person_id) w.memory_id, w.person_id, w.owner_id, w.stance
      FROM (SELECT k.memory_id, c.person_id, k.owner_id, c.stance, c.created_at
              FROM memories_confirmation c JOIN carriers k ON k.carrier_id = c.memory_id
             WHERE c.stance <> 'repeated' AND (k.revision = 1 OR c.created_at >= (
                   SELECT min(r.recorded_at) FROM memories_memoryrevision r
                    WHERE r.memory_id = k.carrier_id AND r.number > coalesce((
                          SELECT max(o.number) FROM memories_memoryrevision o
                           WHERE o.memory_id = k.carrier_id AND o.text <> k.text), 0)))
            UNION ALL
            SELECT p.memory_id, p.contributor_id, m.owner_id, 'confirmed', p.created_at
              FROM memories_provenance p JOIN m ON m.id = p.memory_id
             WHERE m.source = 'promotion' AND p.contributor_id IS NOT NULL
            UNION ALL
            SELECT g.memory_id, o.owner_id, g.owner_id, 'confirmed', o.created_at
              FROM merged g JOIN memories_memory o ON o.id = g.origin_id) AS w
     ORDER BY w.memory_id, w.person_id, w.created_at DESC),
words AS (
    SELECT memory_id,
           count(*) FILTER (WHERE stance = 'confirmed' AND person_id <> owner_id) AS confirmers,
           count(*) FILTER (WHERE stance = 'contradicted') AS contradicters
      FROM said GROUP BY memory_id),
deeds AS (
    SELECT k.memory_id,
           count(DISTINCT o.person_id) FILTER (WHERE o.success AND o.person_id <> k.owner_id)
               AS successes,
           count(DISTINCT o.person_id) FILTER (WHERE NOT o.success) AS failures
      FROM memories_outcomeuse u JOIN memories_outcome o ON o.id = u.outcome_id
      JOIN carriers k ON k.carrier_id = u.memory_id AND k.content_hash = u.content_hash
     GROUP BY k.memory_id),
reads AS (
    SELECT k.memory_id, count(DISTINCT r.person_id) AS readers
      FROM ({readings}) AS r JOIN carriers k USING (public_id) GROUP BY k.memory_id),
evidence AS (
    SELECT memory_id, {sums}
      FROM (SELECT memory_id, confirmers, contradicters, 0 AS successes, 0 AS failures,
                   0 AS readers FROM words
            UNION ALL SELECT memory_id, 0, 0, successes, failures, 0 FROM deeds
            UNION ALL SELECT memory_id, 0, 0, 0, 0, readers FROM reads) AS every
     GROUP BY memory_id)
"""
# What decay archived and somebody confirmed since: only that can come back.
RETURNABLE = """AND id IN (
    SELECT d.memory_id FROM decay_decaymove d JOIN memories_memory a ON a.id = d.memory_id
     WHERE d.restored_at IS NULL AND a.status = 'archived' AND a.corroborated_at > d.moved_at)"""


def _evidence(only: str = "") -> str:
    sums = ", ".join(f"least(sum({name}), %(most)s)::int AS {name}" for name in COLUMNS)
    return _EVIDENCE.format(readings=sources.readings(), sums=sums, only=only)


def evidence_of_one() -> str:
    """What is known of the memory %(memory)s: the columns of `COLUMNS`, or no row for nothing."""
    evidence = _evidence("AND id = %(memory)s")
    return f"WITH RECURSIVE {evidence} SELECT {', '.join(COLUMNS)} FROM evidence"  # noqa: S608


def combinations(only: str = "") -> str:
    """Every combination of evidence that occurs, once; of the memories that `only` leaves."""
    evidence = _evidence(only)
    return f"WITH RECURSIVE {evidence} SELECT DISTINCT {', '.join(COLUMNS)} FROM evidence"  # noqa: S608


def shield_code(alias: str) -> str:
    """Expression: the code of the first shield over the memory `alias`, else an empty string."""
    whens = (f"WHEN {one.of(alias)} THEN '{one.code}'" for one in sources.shields())
    return f"CASE WHEN false THEN '' {' '.join(whens)} ELSE '' END"


# When a memory was last said or confirmed; being brought back starts its time anew.
_SINCE = "greatest(a.created_at, a.corroborated_at, back.restored_at)"
_FADING = """
WITH RECURSIVE {evidence},
lasting AS (
    SELECT * FROM unnest(%(places)s::int[], %(kinds)s::text[], %(confirmers)s::int[],
                         %(contradicters)s::int[], %(successes)s::int[], %(failures)s::int[],
                         %(readers)s::int[], %(seconds)s::float[])
        AS l(place, kind, confirmers, contradicters, successes, failures, readers, seconds)),
back AS (
    SELECT memory_id, max(restored_at) AS restored_at FROM decay_decaymove
     WHERE restored_at IS NOT NULL GROUP BY memory_id),
fading AS (
    SELECT a.*, l.place, {since} + make_interval(secs => l.seconds) AS fades_at
      FROM memories_memory a
      LEFT JOIN back ON back.memory_id = a.id
      LEFT JOIN evidence e ON e.memory_id = a.id
      JOIN lasting l ON l.kind = a.kind AND l.confirmers = coalesce(e.confirmers, 0)
       AND l.contradicters = coalesce(e.contradicters, 0)
       AND l.successes = coalesce(e.successes, 0) AND l.failures = coalesce(e.failures, 0)
       AND l.readers = coalesce(e.readers, 0)
     WHERE a.organisation_id = %(organisation)s AND a.space_id = ANY(%(spaces)s))
"""


def _fading(only: str = "") -> str:
    return _FADING.format(evidence=_evidence(only), since=_SINCE)


def due() -> str:
    """Active memories that have faded: by place of their evidence and shield, how many, and the row
    ids of those without a shield."""
    return f"""{_fading()}
SELECT place, shield, count(*), array_agg(id ORDER BY id) FILTER (WHERE shield = '')
  FROM (SELECT id, place, {shield_code("f")} AS shield
          FROM fading f WHERE status = 'active' AND fades_at <= %(now)s) AS gone
 GROUP BY place, shield ORDER BY place, shield
"""  # noqa: S608


def returning() -> str:
    """Row ids of memories that decay archived, that were confirmed since and are strong again."""
    return f"""{_fading(RETURNABLE)}
SELECT f.id FROM fading f JOIN decay_decaymove d ON d.memory_id = f.id AND d.restored_at IS NULL
 WHERE f.status = 'archived' AND f.corroborated_at > d.moved_at AND f.fades_at > %(now)s
   AND f.corroborated_at <= %(now)s AND (f.expires_at IS NULL OR f.expires_at > %(now)s)
 ORDER BY f.id
"""  # noqa: S608


def by_month() -> str:
    """How many active memories fade up to each of the moments %(moments)s and after the one before:
    by kind, shield and place of the moment, from 0. Later ones are left out."""
    return f"""{_fading()}
SELECT kind, shield, month, count(*)
  FROM (SELECT kind, {shield_code("f")} AS shield,
               (SELECT count(*) FROM unnest(%(moments)s::timestamptz[]) AS t(at)
                 WHERE t.at < f.fades_at) AS month
          FROM fading f WHERE status = 'active' AND fades_at <= %(last)s) AS gone
 GROUP BY kind, shield, month
"""  # noqa: S608


def still_due() -> str:
    """Of the ids %(ids)s those that nothing happened to since %(now)s."""
    return f"""
SELECT a.id FROM memories_memory a
 WHERE a.id = ANY(%(ids)s) AND a.status = 'active'
   AND a.updated_at <= %(now)s AND coalesce(a.corroborated_at, a.created_at) <= %(now)s
   AND {shield_code("a")} = ''
 ORDER BY a.id FOR UPDATE OF a SKIP LOCKED
"""  # noqa: S608
