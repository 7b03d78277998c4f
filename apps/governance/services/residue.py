"""Looking for what should be gone, in every row of every table, and taking it off the disk."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname = current_schema() ORDER BY c.relname
"""
# ANALYZE leaves what it noted of a table that is empty now; PostgreSQL 18 can be told to drop it
_CAN_CLEAR = "SELECT to_regproc('pg_clear_attribute_stats') IS NOT NULL"
# Of every column: pg_stats does not show those of a table under row-level security
_CLEAR = """
SELECT pg_clear_attribute_stats(current_schema()::text, c.relname::text, a.attname::text, false)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = %s
   AND a.attnum > 0 AND NOT a.attisdropped
"""
_STATISTICS = "pg_catalog.pg_statistic"  # it keeps frequent values of columns as they are


def tables_with(text: str) -> dict[str, int]:
    """How many rows hold `text`, by table, in any column; tables without it are left out.

    In columns of bytes it is found by its UTF-8.
    """
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            name = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT count(*) FROM {name} AS t WHERE strpos(t::text, %s) > 0"  # noqa: S608  from the catalog
                " OR strpos(t::text, %s) > 0",
                [text, text.encode().hex()],
            )
            row = cursor.fetchone()
            if row and row[0]:
                found[table] = int(row[0])
    return found


def compact() -> Iterator[str]:
    """Rewrite every table with its indexes, and what the planner noted of its values.

    A plain VACUUM gives room back for reuse and leaves the letters where they were. Yields the
    name of each table when it is done. Not inside a transaction.
    """
    with connection.cursor() as cursor:
        for table in _tables():
            name = connection.ops.quote_name(table)
            cursor.execute(f"VACUUM (FULL, ANALYZE) {name}")
            _forget_values(cursor, table, name)
            yield table
        cursor.execute(
            "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database"
            " WHERE datname = current_database()"
        )
        row = cursor.fetchone()
        if row and row[0]:
            cursor.execute(f"VACUUM FULL {_STATISTICS}")
            yield _STATISTICS


def _forget_values(cursor: Any, table: str, name: str) -> None:
    cursor.execute(_CAN_CLEAR)
    if cursor.fetchone() != (True,):
        return
    cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")  # noqa: S608  from the catalog
    if cursor.fetchone() == (False,):
        cursor.execute(_CLEAR, [table])


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor.fetchall()]
