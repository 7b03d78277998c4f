"""A sealed log, and ways to tamper with it that only a superuser has."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from apps.audit.models import AuditEvent
from apps.audit.services import seals
from apps.audit.services.events import SYSTEM, record
from apps.audit.sql import APPEND_ONLY
from apps.kernel import clock


@contextmanager
def without_triggers() -> Iterator[None]:
    """What a superuser can do who means harm."""
    tables = (*APPEND_ONLY, "audit_pendingevent")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def without_room() -> Iterator[None]:
    """Inside, no event can be written. Needs a test that commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER no_room BEFORE INSERT ON audit_auditevent"
            " FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_room() CASCADE")


@pytest.fixture
def tamper() -> Callable[..., None]:
    """`tamper(statement, *parameters)` past all triggers."""

    def run(statement: str, *parameters: Any) -> None:
        with without_triggers(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    return run


@pytest.fixture
def sealed(db: None) -> list[AuditEvent]:
    """Twelve events under three seals of five, four and three, in the order of the log."""
    events = []
    for count in (5, 4, 3):
        events += [record(action="test.done", by=SYSTEM, detail={"n": n}) for n in range(count)]
        assert seals.seal(now=clock.now())
    return events
