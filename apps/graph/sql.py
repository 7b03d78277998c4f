"""Walking the graph: one statement per hop, with permission and time inside of it.

Row-level security judges the same rows again. An edge counts when evidence in a readable space says
it now; with a moment of knowledge, when evidence in a readable space said it then.
"""

_SAID_NOW = "r.spaces && %(spaces)s::bigint[]"
_SAID_THEN = """EXISTS (SELECT FROM graph_evidence e
            WHERE e.relation_id = r.id AND e.space_id = ANY(%(spaces)s::bigint[])
              AND e.recorded_at <= %(known_at)s
              AND (e.ended_at IS NULL OR e.ended_at > %(known_at)s))"""
_VALID = "r.valid @> %(as_of)s::timestamptz"
_OF_TYPE = "r.type = ANY(%(types)s::text[])"
_STATUS = "r.status = ANY(%(statuses)s::text[])"


def edges(*, outward: bool, inward: bool, known_at: bool, as_of: bool, types: bool) -> str:
    """Edges at the nodes of `%(nodes)s`: (edge, node, node at the other end).

    At most `%(fanout)s` of a node in each direction, newest first, and `%(rows)s` in all.
    """
    conditions = [_SAID_THEN if known_at else _SAID_NOW, _STATUS]
    conditions += [_VALID] if as_of else []
    conditions += [_OF_TYPE] if types else []
    allowed = "\n              AND ".join(conditions)
    sides = [("subject_group", "object_group")] if outward else []
    sides += [("object_group", "subject_group")] if inward else []
    found = "\n    UNION ALL\n".join(_side(near, far, allowed) for near, far in sides)
    return f"""
SELECT edge.id, at.node, edge.far
  FROM unnest(%(nodes)s::bigint[]) AS at(node)
 CROSS JOIN LATERAL ({found}) AS edge
 LIMIT %(rows)s
"""  # noqa: S608  constants of this module


def _side(near: str, far: str, allowed: str) -> str:
    return f"""
    (SELECT r.id, r.{far} AS far
       FROM graph_relation r
      WHERE r.{near} = at.node AND r.{far} <> at.node
              AND {allowed}
      ORDER BY r.id DESC
      LIMIT %(fanout)s)"""  # noqa: S608  constants of this module


# What readable evidence says of each relation
SAID = """
SELECT e.relation_id, max(e.confidence), min(e.recorded_at),
       CASE WHEN bool_or(e.ended_at IS NULL) THEN NULL ELSE max(e.ended_at) END, count(*)
  FROM graph_evidence e
 WHERE e.relation_id = ANY(%(relations)s::bigint[]) AND e.space_id = ANY(%(spaces)s::bigint[])
 GROUP BY e.relation_id
"""
# Compiling a statement of milliseconds takes longer than running it
BOUND = "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true)"
UNBOUND = "SELECT set_config('statement_timeout', '0', true)"
