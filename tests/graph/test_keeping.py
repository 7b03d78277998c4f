"""Memories and the graph: pending work, the cascade of evidence, personal spaces."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.actors import of_user
from apps.governance.sql import STEPPED_PAST
from apps.graph.models import Entity, Evidence, Pending, Relation
from apps.graph.services import keeping, pending, personal
from apps.kernel.errors import Forbidden
from apps.memories.models import Memory
from apps.memories.services import memories
from tests.graph.conftest import read_all, related

PART = related("E-204", "belongs_to", "Line 3")


def retract(user, memory: Memory) -> None:
    memories.retract(actor=of_user(user), memory=memory)


def test_a_write_is_pending_until_it_is_read(alice, world, write, names):
    memory = write(alice, "Pump E-204 drips.", space=world.team, tags=["pumps"])
    assert list(Pending.objects.values_list("memory_id", flat=True)) == [memory.pk]
    assert names(alice) == set()
    assert pending.read() == 1
    assert pending.read() == 0
    assert names(alice) == {"e-204", "pumps"}


def test_what_is_written_while_it_is_read_stays_pending(alice, world, write, monkeypatch):
    memory = write(alice, "Pump E-204 drips.", space=world.team)
    keep = keeping.keep

    def while_reading(*args):
        keep(*args)
        monkeypatch.undo()
        memories.revise(actor=of_user(alice), memory=memory, changes={"text": "E-205 drips."})

    monkeypatch.setattr(keeping, "keep", while_reading)
    pending.read()
    assert Pending.objects.count() == 1
    read_all()
    live = Evidence.objects.live().values_list("entity__normalised", flat=True)
    assert list(live) == ["e-205"]


def test_what_fails_is_pushed_ahead_and_read_later(alice, world, write, monkeypatch, names):
    write(alice, "Pump E-204 drips.", space=world.team)

    def refuse(*_args):
        raise IntegrityError("planted")

    with monkeypatch.context() as broken:
        broken.setattr(keeping, "keep", refuse)
        assert pending.read() == 1
        assert pending.read() == 0, "not in a tight loop"
    row = Pending.objects.get()
    assert row.memory is not None
    assert row.attempts == 1
    Pending.objects.update(next_attempt_at=row.memory.created_at)
    read_all()
    assert names(alice) == {"e-204"}
    assert not Pending.objects.exists()


@pytest.mark.parametrize("way", ["retracted", "quarantined", "erased"])
def test_what_was_taken_back_takes_its_edge_along_at_once(way, alice, bob, say, names):
    memory = say(alice, "It stands in line 3.", metadata=PART)
    other = say(bob, "Line 3 stops on Fridays, E-204 too.", tags=["line 3"])
    assert Relation.objects.count() == 1
    if way == "retracted":
        retract(alice, memory)
    else:
        with transaction.atomic():
            Memory.objects.filter(pk=memory.pk).update(status=way)
    assert Relation.objects.count() == 0
    assert names(alice) == {"e-204", "line 3"}, "what another memory names stays"
    retract(bob, other)
    assert Entity.objects.count() == Evidence.objects.count() == 0


def test_an_edge_stays_while_anything_supports_it(alice, bob, world, say):
    times = {"valid_from": "2026-01-01"}
    first = say(alice, "One.", metadata=related("E-204", "belongs_to", "L3", **times))
    say(bob, "Two.", metadata=related("e-204", "belongs_to", "l3", **times))
    relation = Relation.objects.get()
    assert relation.evidence.count() == 2
    retract(alice, first)
    relation.refresh_from_db()
    assert relation.spaces == [world.team.pk]
    assert relation.ended_at is None


def test_an_edit_ends_what_is_not_said_any_more(alice, say, entity):
    memory = say(alice, "It stands in line 3.", metadata=PART)
    memories.revise(
        actor=of_user(alice), memory=memory, changes={"metadata": {}, "text": "E-204 drips."}
    )
    read_all()
    relation = Relation.objects.get()
    assert relation.ended_at is not None
    assert relation.spaces == []
    assert relation.known_spaces == [memory.space_id], "the history is readable, and so is this"
    assert entity("line 3").spaces == []
    assert entity("e-204").spaces == [memory.space_id]
    assert entity("e-204").evidence.live().count() == 1


def test_personal_notes_are_left_out_unless_their_person_wants_them_in(
    alice, bob, world, write, say, names
):
    write(alice, "My own E-77.", space=world.personal(alice))
    read_all()
    assert not Pending.objects.exists()
    assert names(alice) == set()
    personal.choose(actor=of_user(alice), include=True)
    read_all()
    assert names(alice) == {"e-77"}
    assert names(bob) == set()
    write(alice, "My own E-78.", space=world.personal(alice))
    read_all()
    assert names(alice) == {"e-77", "e-78"}
    personal.choose(actor=of_user(alice), include=False)
    assert not Entity.objects.exists()


def test_an_agent_does_not_choose(alice, make_agent, actor_of):
    _, token, _ = make_agent(alice)
    with pytest.raises(Forbidden):
        personal.choose(actor=actor_of(token), include=True)


@pytest.mark.parametrize("fields", [{"sensitivity": "secret"}, {"tags": ["private"]}])
def test_sensitive_and_private_notes_are_left_out(fields, alice, say, names):
    say(alice, "The code of E-204.", **fields)
    assert names(alice) == set()


def test_a_declared_name_is_known_in_other_notes(alice, bob, say, entity):
    say(alice, "They pay late.", metadata={"customer": "Northwind Traders"})
    say(bob, "Northwind  traders called again.")
    assert entity("northwind traders").evidence.count() == 2


def test_a_name_declared_in_private_marks_nothing_shared(alice, bob, world, write, say, names):
    personal.choose(actor=of_user(alice), include=True)
    write(alice, "Mine.", space=world.personal(alice), metadata={"customer": "Northwind"})
    read_all()
    say(bob, "Northwind called.")
    assert names(bob) == set()


def test_erased_history_takes_what_was_made_of_it(alice, say, names):
    memory = say(alice, "E-204 drips.")
    memories.revise(actor=of_user(alice), memory=memory, changes={"text": "E-205 drips."})
    read_all()
    assert names(alice) == {"e-204", "e-205"}
    past = STEPPED_PAST["memories.MemoryRevision"]
    with connection.cursor() as cursor:  # as the functions of erasure do
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{past}}}"])
        cursor.execute("UPDATE memories_memoryrevision SET text = '' WHERE number = 1")
        cursor.execute("SELECT set_config('pgtrigger.ignore', '', true)")
    assert names(alice) == set()
    read_all()
    assert names(alice) == {"e-205"}
