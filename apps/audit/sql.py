"""What the ORM cannot say: columns as the text that is hashed, and triggers nobody can switch off.

pgtrigger's own triggers step aside when a session sets `pgtrigger.ignore`, which any role may do.
These do not, and being `ENABLE ALWAYS` they also work under `session_replication_role = replica`.
"""

# As `core.canon.COLUMNS` names them. Cast to text by the database, so that an export made years
# later by another driver has the same bytes.
CANONICAL = """
e.id, e.public_id::text,
to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
e.organisation::text, e.actor::text, e.owner::text, e.token::text, e.request_id, e.action,
e.space::text, e.object_type, e.object_ids::text[], e.reason, e.detail::text
"""

APPENDED = (
    "public_id", "created_at", "organisation", "actor", "owner", "token", "request_id", "action",
    "space", "object_type", "object_ids", "reason", "detail",
)  # fmt: skip
APPEND = (
    f"INSERT INTO audit_auditevent ({', '.join(APPENDED)}) VALUES ("  # noqa: S608  names only
    f"{', '.join('%s::uuid[]' if name == 'object_ids' else '%s' for name in APPENDED)})"
)

# The oldest of what no seal covers. By id: within a seal, the order of ids is the order. Two
# statements, since the planner, told of many waiting by old statistics, would join by reading all.
PENDING = "SELECT event_id FROM audit_pendingevent ORDER BY event_id LIMIT %(limit)s"
EVENTS = f"SELECT {CANONICAL} FROM audit_auditevent e WHERE e.id = ANY(%(ids)s) ORDER BY e.id"  # noqa: S608  no value in it

# One round trip for thousands of rows
KEEP_LEAVES = """
INSERT INTO audit_leaf (position, event_id, version, hash)
SELECT %(start)s + place - 1, event_id, %(version)s, hash
  FROM unnest(%(ids)s::bigint[], %(hashes)s::bytea[]) WITH ORDINALITY AS t(event_id, hash, place)
"""
SEALED = "DELETE FROM audit_pendingevent WHERE event_id = ANY(%(ids)s)"

LEAVES = f"""
SELECT l.position, l.event_id, l.version, l.hash, {CANONICAL}
  FROM audit_leaf l LEFT JOIN audit_auditevent e ON e.id = l.event_id
 WHERE l.position >= %(start)s AND l.position < %(end)s
 ORDER BY l.position
"""  # noqa: S608  no value in it

# Every event is waiting for a seal or has its place, and what waits is there. One statement is one
# snapshot: a seal made meanwhile does not show half.
ASTRAY = """
(SELECT e.id, 'inserted' FROM audit_auditevent e
  WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
    AND NOT EXISTS (SELECT FROM audit_pendingevent p WHERE p.event_id = e.id)
  ORDER BY e.id LIMIT 1)
UNION ALL
(SELECT p.event_id, 'removed' FROM audit_pendingevent p
  WHERE NOT EXISTS (SELECT FROM audit_auditevent e WHERE e.id = p.event_id)
  ORDER BY p.event_id LIMIT 1)
"""

APPEND_ONLY = ("audit_auditevent", "audit_leaf", "audit_seal")

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Cannot % rows of %: it is append-only', lower(TG_OP), TG_TABLE_NAME;
END $$;
CREATE FUNCTION audit_await_seal() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO audit_pendingevent (event_id) SELECT id FROM added;
    RETURN NULL;
END $$;
"""


def protect(table: str) -> str:
    """Statements that make `table` append-only."""
    return f"""
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_no_truncate;
"""


# Events that were there before wait like new ones; the trigger comes first, so that none is missed.
AWAIT_SEAL = """
CREATE TRIGGER audit_await_seal AFTER INSERT ON audit_auditevent
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_await_seal();
ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER audit_await_seal;
INSERT INTO audit_pendingevent (event_id) SELECT id FROM audit_auditevent;
"""

UNPROTECT = "DROP FUNCTION audit_refuse() CASCADE; DROP FUNCTION audit_await_seal() CASCADE;"
