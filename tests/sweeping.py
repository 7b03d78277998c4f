"""Taking back what a test committed, in hundredths of a second.

Django truncates every table, which writes each of them and their indexes anew, and sends
`post_migrate` again, which looks for the rights of every model: seconds, here. Nothing but the rows
differs from that.
"""

from functools import cache
from typing import Any, cast

from django.db import connection, transaction
from django.test import TransactionTestCase

from apps.audit.sql import APPEND_ONLY
from apps.kernel import isolation

KEPT = frozenset({"django_content_type", "auth_permission"})  # `migrate` fills them, nothing else
_LARGE = 16 * 2**20  # bytes; the dead rows of such a table would slow down what comes after
_ASKED = """
SELECT has_parameter_privilege('session_replication_role', 'SET'),
       (SELECT max(pg_total_relation_size(oid)) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace)
"""
_truncating = cast("Any", TransactionTestCase)._fixture_teardown


def take_back(case: TransactionTestCase) -> None:
    """Instead of Django's own, which is left what this cannot do or would do badly."""
    with isolation.within(None), connection.cursor() as cursor:
        cursor.execute(_ASKED)
        able, largest = cursor.fetchone()
    if able and largest < _LARGE:
        sweep()
    else:
        _truncating(case)


def sweep() -> None:
    """Delete every row but those of `KEPT`; no trigger is asked.

    Raises:
        DatabaseError: the login may not set `session_replication_role`; `services` lets ours.
    """
    with isolation.within(None), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_deletions())


@cache
def _deletions() -> str:
    """The audit's own triggers are asked even so, and refuse all but truncating."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    emptied = sorted({*tables} - KEPT - {*APPEND_ONLY})
    return "".join(f'DELETE FROM "{table}";' for table in emptied) + (
        f"TRUNCATE {', '.join(APPEND_ONLY)}"
    )
