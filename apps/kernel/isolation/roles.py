"""The database roles of the hub's processes, and the SQL that makes them.

The owner of the tables runs migrations. Roles belong to the whole cluster: two hubs in one cluster
share the names and are kept apart by what each database grants.
"""

WEB = "memoryhub_web"  # requests: only what their context shows
WORKER = "memoryhub_worker"  # curation, embeddings, seals: every row, no DDL
CENSUS = "memoryhub_census"  # figures for operators: every row, no text
ROLES = (WEB, WORKER, CENSUS)

# By a superuser, or by a role with CREATEROLE. NOINHERIT: being allowed to count everything is not
# to count everything.
_CREATE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
"""

# Types and operators of vectors. By a superuser, in each database, before its tables are restored.
VECTOR = "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;\n"

# What a word search needs to use its index below row-level security: PostgreSQL lets an operator
# go first only when its function is known to tell nothing but its result. These four compare what
# is stored with what is asked and raise no error about either. By a superuser, in each database.
LEAKPROOF = """
ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF;
ALTER FUNCTION pg_catalog.arrayoverlap(anyarray, anyarray) LEAKPROOF;
ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF;
ALTER FUNCTION pg_catalog.jsonb_contains(jsonb, jsonb) LEAKPROOF;
"""


def creation(owner: str) -> str:
    """Statements that make the roles and let `owner` take them; they may run twice.

    Args:
        owner: the role that owns the hub's tables, quoted as an identifier.
    """
    made = "".join(_CREATE.format(role=role) for role in ROLES)
    taken = f"GRANT {WEB}, {WORKER}, {CENSUS} TO {owner};\n"
    return f"{made}GRANT {CENSUS} TO {WEB};\n{taken}"
