"""A kept connection is looked at without a round trip, and one that ended is noticed."""

import time

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from apps.kernel.postgres.base import ROWS_A_STATEMENT, silent


@pytest.fixture
def kept(db):
    """A connection beside the test's own."""
    other = connection.copy()
    other.ensure_connection()
    yield other
    other.close()


def ended(pid):
    """End a session of the server and wait until it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)


def test_an_open_connection_is_usable_without_a_statement(kept):
    with kept.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert silent(kept.connection)
    before = kept.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [before])
        [asked_at] = cursor.fetchone()
    assert kept.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [before])
        assert cursor.fetchone() == (asked_at,)


def test_a_connection_that_the_server_ended_is_not_usable(kept):
    ended(kept.connection.info.backend_pid)
    deadline = time.monotonic() + 10
    while silent(kept.connection) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not silent(kept.connection)
    assert not kept.is_usable()


def test_a_closed_connection_is_not_silent(kept):
    raw = kept.connection
    raw.close()
    assert not silent(raw)
    assert not silent(None)


def test_a_message_that_nobody_asked_for_is_no_end(kept):
    with kept.cursor() as cursor:
        cursor.execute("LISTEN bell")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("NOTIFY bell")
    other.close()
    deadline = time.monotonic() + 10
    while silent(kept.connection) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not silent(kept.connection)
    assert kept.is_usable()


def test_in_a_failed_transaction_no_statement_is_taken(kept):
    kept.set_autocommit(False)
    with pytest.raises(ProgrammingError), kept.cursor() as cursor:
        cursor.execute("SELECT nothing_there")
    assert not silent(kept.connection)
    assert not kept.is_usable()
    kept.rollback()
    assert kept.is_usable()


def test_many_rows_go_in_by_statements_of_bounded_size(db):
    groups = [Group(name=f"group {number}") for number in range(2 * ROWS_A_STATEMENT + 1)]
    with CaptureQueriesContext(connection) as asked:
        Group.objects.bulk_create(groups)
    assert len([query for query in asked if query["sql"].startswith("INSERT")]) == 3
    assert len({group.pk for group in groups}) == len(groups)
    assert Group.objects.filter(name__startswith="group ").count() == len(groups)
