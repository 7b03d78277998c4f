"""Embeddings are pending work, never lost work: leases, waits, a model that is down."""

from datetime import timedelta

import pytest

from apps.kernel import clock
from apps.memories.models import MemoryIndex
from apps.memories.services import embeddings, memories
from apps.memories.services.embeddings import embed_pending, pending_count
from apps.providers.embedders import get_embedder

URL = "/api/v1/memories"


@pytest.fixture
def bulk(world, client_of):
    """`bulk(n)` writes n memories of Alice, whose embeddings are then pending."""

    def _bulk(count: int) -> None:
        items = [{"text": f"note {n}"} for n in range(count)]
        answer = client_of(world.alice).post(f"{URL}/bulk", {"items": items})
        assert answer.json()["created"] == count

    return _bulk


def test_a_bulk_write_leaves_its_embeddings_to_the_worker(bulk):
    bulk(5)
    assert pending_count() == 5
    assert [embed_pending(batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert pending_count() == 0


def test_the_single_and_the_bulk_write_make_the_same_index(world, write, client_of):
    def index_of(public_id):
        row = MemoryIndex.objects.get(memory__public_id=public_id)
        return row.embedding, row.terms.to_text(), row.lexemes

    single = write(world.alice, "Drain the water.").public_id
    body = {"items": [{"text": "Drain the water."}]}
    answer = client_of(world.bob).post(f"{URL}/bulk", body)
    embed_pending()
    assert index_of(answer.json()["items"][0]["id"]) == index_of(single)


def test_a_claim_is_a_lease_that_ends_when_its_worker_dies(bulk, time_machine):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    bulk(3)
    assert len(embeddings._claim("null", 2)) == 2  # a worker took two and died
    assert embed_pending() == 1
    assert embed_pending() == 0
    time_machine.shift(embeddings._LEASE)
    assert embed_pending() == 2


def test_an_edit_while_a_text_is_embedded_is_not_lost(world, write, client_of):
    """The vector of the old text must not land on the new one."""
    note = write(world.alice, "old words")
    MemoryIndex.objects.filter(memory=note).update(embedding=None)
    claimed = embeddings._claim("null", 1)
    client_of(world.alice).patch(f"{URL}/{note.public_id}", {"text": "new words"})
    fresh = MemoryIndex.objects.get(memory=note).embedding
    stale = get_embedder().embed(["old words"])
    embeddings._store(claimed, stale)
    assert MemoryIndex.objects.get(memory=note).embedding == fresh


def test_only_the_facets_change_when_a_memory_is_retired(world, write, actor_of):
    note = write(world.alice, "a")
    before = MemoryIndex.objects.get(memory=note)
    memories.retract(actor=actor_of(world.alice), memory=note)
    after = MemoryIndex.objects.get(memory=note)
    assert (before.status, after.status) == ("active", "retracted")
    assert after.embedding == before.embedding


@pytest.mark.slow  # imports the client of remote models
def test_a_model_that_is_down_loses_nothing_and_is_asked_ever_less_often(
    world, write, settings, time_machine
):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    settings.EMBEDDING_MODEL = "openai/unreachable"
    settings.EMBEDDING_API_BASE = "http://127.0.0.1:1/v1"
    settings.EMBEDDING_API_KEY = "none"
    settings.EMBEDDING_DIMENSIONS = 8
    note = write(world.alice, "a")
    assert pending_count() == 1
    waits = []
    for _ in range(3):
        assert embed_pending() == 0
        row = MemoryIndex.objects.get(memory=note)
        waits.append(row.next_attempt_at - clock.now())
        time_machine.move_to(row.next_attempt_at, tick=False)
    assert waits == sorted(set(waits))
    assert timedelta(0) < waits[0]
    assert waits[-1] <= embeddings._LONGEST_WAIT
    assert row.attempts == 3
    assert pending_count() == 1
