"""What a question's things have to do with others, in one statement: personalised PageRank.

The walk starts at the things named, follows a relation either way with `DAMPING` and else starts
again. It runs on what lies within two relations of them, cut out first: permission, status and time
are conditions of both hops. The bounds keep the cost of a hub that of anything else: of a thing the
newest relations count, of the first hop the things that the walk meets most.

Parameters: `seeds` (row ids of what stands for the things named, bigint[]), `space_ids` (spaces
whose evidence counts, bigint[]), `held_at` (the moment relations must hold at, timestamptz),
`found` (row ids of memories that were found otherwise, bigint[]).

Source: Haveliwala 2002, "Topic-Sensitive PageRank", section 2.
"""

from apps.graph.core.names import DATE, TAG

DAMPING = 0.5  # low: what is asked about lies near
ROUNDS = 8  # leave an error of at most DAMPING ** ROUNDS
SEEDS = 10  # things named that a walk starts at
NEAR_EDGES = 30  # relations of a thing named, in each direction
WALKED = 40  # things one relation away that are walked on from
FAR_EDGES = 10  # relations of each of those, in each direction
RELATED = 60  # things whose memories are told
OF_ONE = 10  # newest memories of one name
_DECIMALS = 9  # of a mass: sums of floats differ below, by the order of rows

_UNSPOKEN = f"('{DATE}', '{TAG}')"
_SIDES = (("subject_group", "object_group"), ("object_group", "subject_group"))

# Which of the phrases of a question (`phrases`, text[]) name a thing of the `organisation` that
# leads anywhere, longest names first: a CTE of (name, row id of what stands for it). A relation
# that the asker may not see does not count, nor does a name, nor that it was merged with one.
NAMED = f"""
named AS MATERIALIZED (
    SELECT n.normalised AS name, thing.node FROM graph_entity n
     CROSS JOIN LATERAL (SELECT coalesce(n.merged_into_id, n.id) AS node) AS thing
     WHERE n.organisation_id = %(organisation)s AND n.normalised = ANY(%(phrases)s::text[])
       AND n.type NOT IN {_UNSPOKEN} AND n.spaces && %(space_ids)s::bigint[]
       AND (EXISTS (SELECT FROM graph_entity kept
                     WHERE kept.id = n.merged_into_id AND kept.spaces && %(space_ids)s::bigint[])
            OR EXISTS (SELECT FROM graph_entity other
                        WHERE other.merged_into_id = thing.node AND other.id <> n.id
                          AND other.spaces && %(space_ids)s::bigint[])
            OR EXISTS (SELECT FROM graph_relation r
                        WHERE r.subject_group = thing.node AND r.spaces && %(space_ids)s::bigint[])
            OR EXISTS (SELECT FROM graph_relation r
                        WHERE r.object_group = thing.node AND r.spaces && %(space_ids)s::bigint[]))
     ORDER BY length(n.normalised) DESC, node LIMIT {2 * SEEDS})"""  # noqa: S608  constants


def _side(nodes: str, near: str, far: str, most: int) -> str:
    return f"""
        (SELECT r.id, r.{far} AS far FROM graph_relation r
          WHERE r.{near} = {nodes}.node AND r.{far} <> r.{near}
            AND r.spaces && %(space_ids)s::bigint[] AND r.status = 'active'
            AND r.valid @> %(held_at)s::timestamptz
          ORDER BY r.id DESC LIMIT {most})"""  # noqa: S608  constants


def _edges(nodes: str, most: int) -> str:
    """Relations at the nodes of a CTE: (relation, node, node at the other end)."""
    sides = "\n         UNION ALL".join(_side(nodes, *ends, most) for ends in _SIDES)
    return f"""
    SELECT edge.id, {nodes}.node AS near, edge.far
      FROM {nodes} CROSS JOIN LATERAL ({sides}) AS edge"""  # noqa: S608  constants


def _round(number: int) -> str:
    """One round of the walk, from the masses of the one before."""
    return f"""
round_{number} AS MATERIALIZED (
    SELECT met.node, sum(met.mass) AS mass FROM (
        SELECT step.far AS node, at.mass * step.share AS mass
          FROM round_{number - 1} AS at JOIN step ON step.near = at.node
         UNION ALL
        SELECT node, mass * {1 - DAMPING} FROM round_0) AS met
     GROUP BY met.node)"""  # noqa: S608  constants


# Ends in `rank(node, mass)`: shares of the walk's time, summing to 1. A thing named that leads
# nowhere is left out; so nobody in the walk stands at a dead end.
WALK = f"""
begun AS MATERIALIZED (
    SELECT DISTINCT node FROM unnest(%(seeds)s::bigint[]) AS node ORDER BY node LIMIT {SEEDS}),
near_edge AS MATERIALIZED ({_edges("begun", NEAR_EDGES)}),
round_0 AS MATERIALIZED (
    SELECT node, 1.0::float8 / count(*) OVER () AS mass
      FROM (SELECT DISTINCT near AS node FROM near_edge) AS led),
walked AS MATERIALIZED (
    SELECT far AS node FROM (
        SELECT near, far, 1.0::float8 / count(*) OVER (PARTITION BY near) AS share
          FROM near_edge) AS led
     WHERE far NOT IN (SELECT node FROM begun)
     GROUP BY far ORDER BY round(sum(share)::numeric, {_DECIMALS}) DESC, far LIMIT {WALKED}),
far_edge AS MATERIALIZED ({_edges("walked", FAR_EDGES)}),
edge AS MATERIALIZED (
    SELECT DISTINCT ON (id) id, near, far
      FROM (TABLE near_edge UNION ALL TABLE far_edge) AS either ORDER BY id, near),
step AS MATERIALIZED (
    SELECT near, far, {DAMPING}::float8 * count(*) / sum(count(*)) OVER (PARTITION BY near) AS share
      FROM (SELECT near, far FROM edge UNION ALL SELECT far, near FROM edge) AS way
     GROUP BY near, far),{",".join(_round(number) for number in range(1, ROUNDS + 1))},
rank AS MATERIALIZED (
    SELECT node, round(mass::numeric, {_DECIMALS})::float8 AS mass FROM round_{ROUNDS})
"""  # noqa: S608  constants

# (memory, mass above 0): the most of what it speaks of. The things named, by whatever name, count
# as the best of those related: what speaks of the thing itself must not fall behind what does not.
# Of each name the newest memories, and of those found otherwise all.
TOLD = f"""
WITH {WALK},
related AS MATERIALIZED (
    SELECT node, mass FROM rank WHERE node NOT IN (SELECT node FROM begun) AND mass > 0
     ORDER BY mass DESC, node LIMIT {RELATED}),
spoken AS MATERIALIZED (
    SELECT n.id, related.mass FROM related JOIN graph_entity n ON n.id = related.node
     UNION ALL
    SELECT n.id, related.mass FROM related JOIN graph_entity n ON n.merged_into_id = related.node
     UNION ALL
    SELECT n.id, coalesce((SELECT max(mass) FROM related), 1.0)
      FROM begun CROSS JOIN LATERAL (
        SELECT own.id FROM graph_entity own WHERE own.id = begun.node
         UNION ALL
        SELECT own.id FROM graph_entity own WHERE own.merged_into_id = begun.node) AS n)
SELECT told.memory_id, max(told.mass) FROM (
    SELECT newest.memory_id, spoken.mass
      FROM spoken CROSS JOIN LATERAL (
        SELECT e.memory_id FROM graph_evidence e
         WHERE e.entity_id = spoken.id AND e.ended_at IS NULL AND e.memory_id IS NOT NULL
           AND e.space_id = ANY(%(space_ids)s::bigint[])
         ORDER BY e.id DESC LIMIT {OF_ONE}) AS newest
     UNION ALL
    SELECT e.memory_id, spoken.mass
      FROM graph_evidence e JOIN spoken ON spoken.id = e.entity_id
     WHERE e.memory_id = ANY(%(found)s::bigint[]) AND e.entity_id IS NOT NULL
       AND e.ended_at IS NULL AND e.space_id = ANY(%(space_ids)s::bigint[])) AS told
 GROUP BY told.memory_id
"""  # noqa: S608  constants
