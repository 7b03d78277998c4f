"""Requests that meet in the same place: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from apps.kernel.models import IdempotencyRecord
from apps.memories.models import Confirmation, Memory, MemoryRevision

URL = "/api/v1/memories"
RACERS = 4


@pytest.fixture
def race(transactional_db: None) -> Callable[[Callable[[int], Any]], list[Any]]:
    """`race(call)` runs call(0) to call(3) at the same moment; their answers in order."""

    def _race(call: Callable[[int], Any]) -> list[Any]:
        barrier = Barrier(RACERS)

        def run(number: int) -> Any:
            try:
                barrier.wait(timeout=30)
                return call(number)
            finally:
                connection.close()
                client: Any = cache
                for pool in client._cache._pools.values():  # Django makes one per thread
                    pool.disconnect()

        with ThreadPoolExecutor(RACERS) as pool:
            return list(pool.map(run, range(RACERS)))

    return _race


def test_identical_writes_end_as_one_memory_and_confirmations(race, world, client_of):
    clients = [client_of(world.alice) for _ in range(RACERS)]
    answers = race(lambda n: clients[n].post(URL, {"text": "The same."}))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Memory.objects.count() == MemoryRevision.objects.count() == 1
    assert Confirmation.objects.count() == RACERS - 1


def test_identical_bulk_writes_double_nothing(race, world, client_of):
    clients = [client_of(world.alice) for _ in range(RACERS)]
    items = [{"text": f"note {n}"} for n in range(20)]
    answers = race(lambda n: clients[n].post(f"{URL}/bulk", {"items": items[:: 1 - 2 * (n % 2)]}))
    assert [answer.json()["failed"] for answer in answers] == [0] * RACERS
    assert sum(answer.json()["created"] for answer in answers) == len(items)
    assert Memory.objects.count() == len(items)


def test_one_idempotency_key_runs_once(race, world, write, client_of):
    note = write(world.alice, "a")
    clients = [client_of(world.alice) for _ in range(RACERS)]
    headers = {"Idempotency-Key": "k"}
    answers = race(lambda n: clients[n].post(f"{URL}/{note.public_id}/confirm", headers=headers))
    assert [answer.status_code for answer in answers] == [201] * RACERS
    assert all(answer.json() == answers[0].json() for answer in answers)
    replayed = [answer for answer in answers if "Idempotency-Replayed" in answer]
    assert len(replayed) == RACERS - 1
    assert note.confirmations.count() == IdempotencyRecord.objects.count() == 1


def test_of_edits_with_one_etag_one_wins(race, world, write, client_of):
    note = write(world.alice, "a")
    clients = [client_of(world.alice) for _ in range(RACERS)]
    answers = race(
        lambda n: clients[n].patch(
            f"{URL}/{note.public_id}", {"text": f"edit {n}"}, headers={"If-Match": note.etag}
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert note.revisions.count() == 2


def test_of_edits_into_one_text_one_wins(race, world, write, client_of):
    notes = [write(world.alice, f"note {n}") for n in range(RACERS)]
    clients = [client_of(world.alice) for _ in range(RACERS)]
    answers = race(lambda n: clients[n].patch(f"{URL}/{notes[n].public_id}", {"text": "One."}))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert Memory.objects.filter(text="One.").count() == 1


def test_of_successors_one_wins(race, world, write, client_of):
    old = write(world.alice, "old")
    clients = [client_of(world.alice) for _ in range(RACERS)]
    body = {"supersedes": str(old.public_id)}
    answers = race(lambda n: clients[n].post(URL, {**body, "text": f"new {n}"}))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert old.successors.count() == 1


def test_teams_of_one_name_are_one_team(race, world, client_of):
    clients = [client_of(world.alice) for _ in range(RACERS)]
    answers = race(lambda n: clients[n].post("/api/v1/spaces", {"name": "Red"}))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
