"""What a test committed is gone before the next one, and the database as strict as before."""

import pytest
from django.db import connection

from tests import sweeping


def filled() -> list[str]:
    """Tables of models that have rows."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
            row = cursor.fetchone()
            found += [table] if row and row[0] else []
        return sorted(found)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_but_what_migrations_made(world, write):
    write(world.bob, "The kiln door sticks in the cold.")
    assert {"memories_memory", "audit_auditevent", "accounts_user"} < set(filled())
    sweeping.sweep()
    assert filled() == sorted(sweeping.KEPT)


@pytest.mark.django_db(transaction=True)
def test_triggers_are_asked_again_afterwards():
    sweeping.sweep()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
