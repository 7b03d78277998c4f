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
_CLEAR = """
SELECT pg_clear_attribute_stats(s.schemaname::text, s.tablename::text, s.attname::text, s.inherited)
  FROM pg_stats s WHERE s.schemaname = current_schema() AND s.tablename = %s
"""
_STATISTICS = "pg_catalog.pg_statistic"  # it keeps frequent values of columns as they are


def tables_with(text: str) -> dict[str, int]:
    """How many rows hold `text`, by table, in any column; tables without it are left out."""
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            name = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT count(*) FROM {name} AS t WHERE strpos(t::text, %s) > 0",  # noqa: S608  from the catalog
                [text],
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
