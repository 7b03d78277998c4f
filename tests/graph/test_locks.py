"""Two transactions that take back memories of the same things, each wanting what the other has."""

from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, transaction

from apps.graph.models import Entity, Evidence
from apps.memories.models import Memory, Status

PATIENCE = 2.0  # seconds; the first goes on by itself where the other waits already


@pytest.mark.django_db(transaction=True)
def test_many_taken_back_at_once_do_not_deadlock(alice, say):
    first, shared, last = (say(alice, f"E-204 drips, note {n}.") for n in range(3))
    begun, met = Event(), Event()
    failures: list[DatabaseError] = []

    def other() -> None:
        try:
            begun.wait(PATIENCE)
            with transaction.atomic():
                take_back(shared)
                met.set()
                take_back(last)
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    thread = Thread(target=other)
    thread.start()
    with transaction.atomic():
        take_back(first)
        begun.set()
        met.wait(PATIENCE)
        take_back(shared)  # its row is the other's; that one must not wait for us meanwhile
    thread.join()
    assert failures == []
    assert not Evidence.objects.exists()
    assert not Entity.objects.exists()


def take_back(memory: Memory) -> None:
    active = Memory.objects.filter(pk=memory.pk, status=Status.ACTIVE)
    active.update(status=Status.RETRACTED)
