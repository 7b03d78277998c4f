"""What the database itself refuses, whoever asks and however."""

import uuid
from itertools import product

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.memories.models import MOVES, Confirmation, Memory, MemoryRevision, Status

ALLOWED = {
    "active": {"quarantined", "superseded", "archived", "retracted", "erased"},
    "quarantined": {"active", "retracted", "erased"},
    "archived": {"active", "retracted", "erased"},
    "superseded": {"active", "retracted", "erased"},
    "retracted": {"erased"},
    "erased": set(),
}
WAY_TO = {
    "active": [],
    "quarantined": ["quarantined"],
    "archived": ["archived"],
    "superseded": ["superseded"],
    "retracted": ["retracted"],
    "erased": ["erased"],
}


def run(statement: str, *parameters: str | int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def set_status(memory: Memory, status: str) -> None:
    run("UPDATE memories_memory SET status = %s WHERE id = %s", status, memory.pk)


def test_the_moves_in_the_code_are_those_of_the_domain():
    assert {old: set(news) for old, news in MOVES.items()} == ALLOWED


@pytest.mark.parametrize(("old", "new"), list(product(Status.values, repeat=2)))
def test_raw_sql_makes_allowed_moves_only(old, new, world, write):
    memory = write(world.alice, "a")
    for status in WAY_TO[old]:
        set_status(memory, status)
    if new == old or new in ALLOWED[old]:
        set_status(memory, new)
    else:
        with pytest.raises(DatabaseError, match="Invalid transition"):
            set_status(memory, new)
    memory.refresh_from_db()
    assert memory.status == (new if new in ALLOWED[old] else old)


def test_a_status_nobody_knows_is_refused(world, write):
    memory = write(world.alice, "a")
    with pytest.raises(DatabaseError):
        set_status(memory, "lost")


@pytest.mark.parametrize(
    "table",
    ["memories_memoryrevision", "memories_confirmation", "audit_auditevent"],
)
def test_history_evidence_and_audit_are_append_only(table, world, write):
    write(world.alice, "a")
    write(world.alice, "a")  # said again: a confirmation
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        (count,) = cursor.fetchone()
    assert count
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
        with pytest.raises(DatabaseError, match=r"Cannot (delete|update)"):
            run(statement)


def test_a_memory_is_never_deleted(world, write):
    memory = write(world.alice, "a")
    with pytest.raises(DatabaseError, match="Cannot delete"):
        run("DELETE FROM memories_memory WHERE id = %s", memory.pk)
    with pytest.raises(DatabaseError, match=r"Cannot.*delete"), transaction.atomic():
        memory.delete()
    assert Memory.objects.filter(pk=memory.pk).exists()


@pytest.mark.parametrize(
    "assignment",
    [
        "importance = 1.01",
        "importance = -0.01",
        "kind = 'rumour'",
        "valid_from = now(), valid_to = now()",
        "valid_from = now(), valid_to = now() - interval '1 day'",
    ],
)
def test_values_that_cannot_be_are_refused(assignment, world, write):
    memory = write(world.alice, "a")
    with pytest.raises(IntegrityError):
        run(f"UPDATE memories_memory SET {assignment} WHERE id = %s", memory.pk)


def test_one_author_says_a_thing_once_per_space_while_it_is_live(world, write):
    memory = write(world.alice, "a")
    copy = Memory.objects.get(pk=memory.pk)
    copy.pk, copy.public_id = None, uuid.uuid4()
    with pytest.raises(IntegrityError, match="one_write_one_memory"), transaction.atomic():
        copy.save(force_insert=True)
    set_status(memory, "retracted")
    copy.save(force_insert=True)
    assert Memory.objects.filter(content_hash=memory.content_hash).count() == 2


def test_revisions_are_numbered_without_doubles(world, write):
    revision = MemoryRevision.objects.get(memory=write(world.alice, "a"))
    revision.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        revision.save(force_insert=True)


def test_a_confirmation_by_nobody_is_refused(world, write):
    memory = write(world.alice, "a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Confirmation.objects.create(memory=memory, stance="confirmed", created_at=memory.created_at)
