"""Bringing a database to what the rooms declare: functions, policies, rights.

After every `migrate`, and at each start; without a difference it only reads catalogues. Run it as
the owner of the tables.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from apps.kernel import locks
from apps.kernel.isolation.guarding import GUARDED
from apps.kernel.isolation.roles import CENSUS, ROLES, WEB, WORKER, creation
from apps.kernel.isolation.tables import Table, allowed, functions, isolated, limited

_ALL = "SELECT, INSERT, UPDATE, DELETE"
# What a table may have, and for whom; the first is its owner's
_POLICIES = {
    "owner_all": "", "asker_sees": WEB, "asker_adds": WEB, "asker_changes": WEB,
    "asker_deletes": WEB, "worker_all": WORKER, "census_all": CENSUS,
}  # fmt: skip
_NOTED = """
SELECT obj_description(p.oid, 'pg_proc') FROM pg_proc p
 WHERE p.proname = 'memoryhub_applied' AND p.pronamespace = current_schema()::regnamespace
"""
_TABLES = """
SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
"""
# Tables that have all these policies, the owner's for whoever asks. What a database notes of itself
# comes along in its dump; policies do not where the new cluster lacks the roles that they name.
_WHOLE = """
SELECT c.relname::text
  FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
 WHERE c.relnamespace = current_schema()::regnamespace AND p.polname = ANY(%s)
 GROUP BY c.oid
HAVING count(*) = %s AND bool_or(p.polname = 'owner_all' AND p.polroles
       @> ARRAY(SELECT oid FROM pg_roles WHERE rolname = current_user))
"""
_MAY_CREATE = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_MATCH = "pg_catalog.ts_match_vq(tsvector, tsquery)"
_PRESENT = "SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)"


def apply() -> bool:
    """Make the database as declared; whether something had to change.

    Roles that do not exist are left out: their rights follow when they do.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("isolation.apply")])
        cursor.execute(_TABLES)
        found: dict[str, bool] = dict(cursor.fetchall())
        cursor.execute(_PRESENT, [list(ROLES)])
        roles = frozenset(name for (name,) in cursor.fetchall())
        statements = list(_statements(found, roles))
        digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()
        ready = {name for name in isolated() if name in found}
        protected = all(found[name] for name in ready) and ready <= _whole(cursor, roles)
        if _noted(cursor) == digest and protected and _guarded(cursor):
            return False
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON FUNCTION memoryhub_applied() IS '{digest}'")
    return True


def missing_roles() -> list[str]:
    """Roles that the cluster lacks or that this login may not take."""
    held = (
        "SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(oid, 'MEMBER')"
    )
    with connection.cursor() as cursor:
        cursor.execute(held, [list(ROLES)])
        found = {name for (name,) in cursor.fetchall()}
    return sorted(set(ROLES) - found)


def create_roles() -> bool:
    """Make the roles where the login may make roles; whether some were made."""
    if not missing_roles():
        return False
    with connection.cursor() as cursor:
        cursor.execute(_MAY_CREATE)
        row = cursor.fetchone()
    if not row or not row[0]:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("isolation.roles")])
        cursor.execute(creation(owner()))
    return not missing_roles()


def owner() -> str:
    """The login that owns the tables, quoted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_user)")
        row = cursor.fetchone()
    assert row is not None, "a SELECT of one value answers one row"  # noqa: S101
    return str(row[0])


def unleaking() -> bool:
    """Whether words may be looked up in their index below row-level security."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proleakproof FROM pg_proc WHERE oid = %s::regprocedure", [_MATCH])
        row = cursor.fetchone()
    return bool(row and row[0])


def unprotected() -> list[str]:
    """Isolated tables whose row-level security is not enabled and forced right now."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        found: dict[str, bool] = dict(cursor.fetchall())
    return sorted(name for name in isolated() if not found.get(name, False))


def guarded() -> bool:
    """Whether only the owner can have triggers step aside; False before the first migration."""
    with connection.cursor() as cursor:
        return _guarded(cursor)


def _guarded(cursor: Any) -> bool:
    cursor.execute(GUARDED)
    row = cursor.fetchone()
    return bool(row and row[0])


def _whole(cursor: Any, roles: frozenset[str]) -> set[str]:
    """Tables that have the policies which `_policies` gives for these roles."""
    declared = [name for name, role in _POLICIES.items() if not role or role in roles]
    cursor.execute(_WHOLE, [declared, len(declared)])
    return {name for (name,) in cursor.fetchall()}


def _noted(cursor: Any) -> str:
    cursor.execute(_NOTED)
    row = cursor.fetchone()
    return str(row[0]) if row else ""


def _statements(found: dict[str, bool], roles: frozenset[str]) -> Iterator[str]:
    """All that is declared, for the tables that are there."""
    ready = {name: table for name, table in isolated().items() if name in found}
    yield "CREATE OR REPLACE FUNCTION memoryhub_applied() RETURNS int LANGUAGE sql RETURN 1"
    if len(ready) == len(isolated()):  # functions read tables that a first migration lacks
        yield from functions()
    for table in ready.values():
        yield from _policies(table, roles)
    for role in sorted(roles & {WEB, WORKER}):
        yield from _rights(role, sorted(found), ready)
    if CENSUS in roles:
        yield from _census(sorted(found), ready)


def _policies(table: Table, roles: frozenset[str]) -> Iterator[str]:
    name, visible = table.name, table.visible
    for policy in _POLICIES:
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY owner_all ON {name} TO CURRENT_USER USING (true) WITH CHECK (true)"
    if WEB in roles:
        to = f"ON {name} FOR {{}} TO {WEB}"
        left = table.left or visible
        yield f"CREATE POLICY asker_sees {to.format('SELECT')} USING ({visible})"
        yield f"CREATE POLICY asker_adds {to.format('INSERT')} WITH CHECK ({table.added or left})"
        changes = f"USING ({visible}) WITH CHECK ({left})"
        yield f"CREATE POLICY asker_changes {to.format('UPDATE')} {changes}"
        yield f"CREATE POLICY asker_deletes {to.format('DELETE')} USING ({visible})"
    if WORKER in roles:
        yield f"CREATE POLICY worker_all ON {name} TO {WORKER} USING (true) WITH CHECK (true)"
    if CENSUS in roles:
        yield f"CREATE POLICY census_all ON {name} FOR SELECT TO {CENSUS} USING (true)"


def _rights(role: str, found: list[str], ready: dict[str, Table]) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    declared: dict[str, Any] = {**ready, **limited()}
    for name in found:
        given = declared.get(name)
        rights = ", ".join((given.rights if role == WEB else given.worker) if given else (_ALL,))
        if rights:
            yield f'GRANT {rights} ON "{name}" TO {role}'
    for function, caller in allowed().items():
        if caller == role:
            yield (
                f"DO $$ BEGIN REVOKE ALL ON FUNCTION {function} FROM PUBLIC;"
                f" GRANT EXECUTE ON FUNCTION {function} TO {role};"
                " EXCEPTION WHEN undefined_function THEN NULL; END $$"
            )


def _census(found: list[str], ready: dict[str, Table]) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {CENSUS}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {CENSUS}"
    declared: dict[str, Any] = {**ready, **limited()}
    for name in found:
        columns = getattr(declared.get(name), "counted", ())
        if columns:
            yield f"GRANT SELECT ({', '.join(columns)}) ON {name} TO {CENSUS}"
