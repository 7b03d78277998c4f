"""Sealing covers every committed event once, in an order that never changes."""

import threading
import uuid

import pytest
from django.db import DatabaseError, connection, connections, transaction

from apps.audit.core.canon import COLUMNS, VERSION, event_bytes
from apps.audit.models import AuditEvent, Leaf, PendingEvent, Seal
from apps.audit.services import keys, seals, verification
from apps.audit.services.events import SYSTEM, record
from apps.audit.sql import APPEND_ONLY, LEAVES
from apps.audit.tasks import seal as seal_task
from apps.kernel import clock
from apps.kernel.errors import Invalid


def order() -> list[int]:
    return list(Leaf.objects.order_by("position").values_list("event_id", flat=True))


def test_every_event_gets_one_place_and_nothing_waits(sealed):
    assert order() == [event.pk for event in sealed]
    assert list(Leaf.objects.order_by("position").values_list("position", flat=True)) == list(
        range(12)
    )
    assert seals.waiting() == 0
    assert list(Seal.objects.order_by("number").values_list("number", "size")) == [
        (1, 5), (2, 9), (3, 12),
    ]  # fmt: skip
    assert seals.seal(now=clock.now()) is None
    assert Seal.objects.count() == 3


def test_a_seal_is_bounded_and_the_task_seals_all(db):
    events = [record(action="test.done", by=SYSTEM) for _ in range(7)]
    head = seals.seal(now=clock.now(), limit=3)
    assert head is not None
    assert head.size == 3
    seal_task()
    assert order() == [event.pk for event in events]
    assert verification.verify().problem is None


def test_seals_are_chained_and_signed_by_the_hub_s_key(sealed):
    first, second, third = map(seals.head_of, Seal.objects.order_by("number"))
    assert first.previous == bytes(32)
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert {head.key for head in (first, second, third)} == {keys.signer().id}
    assert [keys.check(head, keys.trusted()) for head in (first, second, third)] == ["valid"] * 3


def test_events_written_by_one_raw_statement_wait_too(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (public_id, created_at, request_id, action, object_type,"
            " object_ids, reason, detail) SELECT gen_random_uuid(), now(), '', 'test.raw', '',"
            " '{}', '', '{}' FROM generate_series(1, 3)"
        )
    assert PendingEvent.objects.count() == 3
    head = seals.seal(now=clock.now())
    assert head is not None
    assert head.size == 3


def test_every_column_is_in_the_bytes_that_are_hashed():
    """A new column wants a new version of the form, or changing it would go unseen."""
    assert set(COLUMNS[VERSION]) == {field.name for field in AuditEvent._meta.concrete_fields}
    event = dict.fromkeys(COLUMNS[VERSION], "a")
    plain = event_bytes(event)
    for name in event:
        assert event_bytes({**event, name: "b"}) != plain


def test_the_bytes_are_those_that_are_documented(db):
    event = record(
        action="test.done",
        by=SYSTEM,
        object_ids=[uuid.UUID(int=7)],
        reason="größer",
        detail={"n": 0.10},
    )
    seals.seal(now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute(LEAVES, {"start": 0, "end": 1})
        values = dict(zip(COLUMNS[VERSION], cursor.fetchone()[4:], strict=True))
    moment = f"{event.created_at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert event_bytes(values).decode() == (
        f'{{"action":"test.done","actor":null,"created_at":"{moment}",'
        f'"detail":"{{\\"n\\": 0.1}}","id":{event.pk},'
        '"object_ids":["00000000-0000-0000-0000-000000000007"],"object_type":"",'
        f'"organisation":null,"owner":null,"public_id":"{event.public_id}",'
        '"reason":"gr\\u00f6\\u00dfer","request_id":"","space":null,"token":null,"v":1}'
    )


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_raw_sql_only_appends_and_no_setting_changes_that(table, statement, sealed):
    column = {"audit_auditevent": "reason", "audit_leaf": "hash", "audit_seal": "key"}[table]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_no_truncate")
        cursor.execute("SET LOCAL pgtrigger.ignore = '{audit_append_only,audit_no_truncate}'")
        with pytest.raises(DatabaseError, match="it is append-only"), transaction.atomic():
            cursor.execute(statement.format(table, column, column))


def test_the_triggers_also_fire_for_a_session_that_replicates(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[])"
            " AND tgname <> 'audit_no_truncate'",  # which the tests switch off
            [list(APPEND_ONLY)],
        )
        assert sorted(cursor.fetchall()) == [
            *[("audit_append_only", "A")] * 3, ("audit_await_seal", "A")
        ]  # fmt: skip


def test_without_a_key_nothing_is_sealed_and_nothing_lost(db, settings):
    record(action="test.done", by=SYSTEM)
    settings.AUDIT_SIGNING_KEY = ""
    with pytest.raises(Invalid, match="AUDIT_SIGNING_KEY"):
        seals.seal(now=clock.now())
    assert seals.waiting() == 1


def test_a_new_key_seals_on_and_the_old_seals_count(sealed, settings):
    old = keys.signer()
    settings.AUDIT_SIGNING_KEY = keys.encoded(keys.new().secret)
    record(action="test.done", by=SYSTEM)
    head = seals.seal(now=clock.now())
    assert head is not None
    assert head.key != old.id
    problem = verification.verify().problem
    assert problem is not None
    assert (problem.kind, problem.seal) == ("forged", 1)
    settings.AUDIT_PUBLIC_KEYS = [keys.encoded(old.public)]
    assert verification.verify().problem is None


def test_an_edge_that_was_tampered_with_is_not_built_upon(sealed, tamper):
    tamper("UPDATE audit_seal SET edge = decode(repeat('00', 64), 'hex') WHERE number = 3")
    record(action="test.done", by=SYSTEM)
    with pytest.raises(seals.SealBroken):
        seals.seal(now=clock.now())
    assert Seal.objects.count() == 3
    assert seals.waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_transaction_is_sealed_after_a_later_one():
    """Its event has the lower id and commits after a seal that covers the higher one."""
    written, go_on = threading.Event(), threading.Event()
    ids = []

    def slow() -> None:
        try:
            with transaction.atomic():
                ids.append(record(action="test.slow", by=SYSTEM).pk)
                written.set()
                assert go_on.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(30)
    fast = record(action="test.fast", by=SYSTEM).pk
    head = seals.seal(now=clock.now())
    go_on.set()
    thread.join()
    assert head is not None
    assert head.size == 1
    later = seals.seal(now=clock.now())
    assert later is not None
    assert ids[0] < fast
    assert order() == [fast, ids[0]]
    assert verification.verify().problem is None


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_lose_nothing():
    def write() -> None:
        try:
            for turn in range(10):
                with transaction.atomic():
                    for _ in range(turn % 3 + 1):
                        record(action="test.done", by=SYSTEM)
        finally:
            connections.close_all()

    def sealing() -> None:
        try:
            for _ in range(10):
                seals.seal(now=clock.now(), limit=7)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=each) for each in (write, write, write, sealing, sealing)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_task()
    assert sorted(order()) == list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert len(order()) == 57
    verdict = verification.verify()
    assert (verdict.events, verdict.problem) == (57, None)
