"""Pending embeddings have a limit; what does not fit is told when to come back, and not written."""

import pytest
import redis
from django.core.cache import cache

from apps.memories.models import Memory
from apps.memories.services import backlog
from apps.memories.services.embeddings import embed_pending

URL = "/api/v1/memories"


@pytest.fixture
def limit(settings):
    settings.EMBEDDING_BACKLOG_LIMIT = 10
    cache.delete(backlog._RATE)
    yield settings.EMBEDDING_BACKLOG_LIMIT
    cache.delete(backlog._RATE)


def items(count, prefix="note"):
    return {"items": [{"text": f"{prefix} {number}"} for number in range(count)]}


def refused(answer):
    assert answer.status_code == 429, answer.json()
    assert [error["code"] for error in answer.json()["errors"]] == ["embedding_backlog"]
    return int(answer["Retry-After"])


def test_a_bulk_beyond_the_limit_is_refused_whole_and_welcome_later(world, client_of, limit):
    client = client_of(world.alice)
    assert client.post(f"{URL}/bulk", items(8)).status_code == 200
    once = {"HTTP_IDEMPOTENCY_KEY": "second"}
    assert refused(client.post(f"{URL}/bulk", items(3, "more"), **once)) == backlog._UNKNOWN
    assert Memory.objects.count() == 8

    assert embed_pending() == 8
    backlog.forget()
    answer = client.post(f"{URL}/bulk", items(3, "more"), **once)
    assert answer.json()["created"] == 3
    assert "Idempotency-Replayed" not in answer
    assert Memory.objects.count() == 11


def test_what_this_process_let_in_counts_before_it_counts_again(world, client_of, limit):
    client = client_of(world.alice)
    assert client.post(f"{URL}/bulk", items(6)).status_code == 200
    refused(client.post(f"{URL}/bulk", items(6, "more")))


def test_a_bulk_larger_than_the_limit_is_let_in_when_nothing_waits(world, client_of, limit):
    assert client_of(world.alice).post(f"{URL}/bulk", items(20)).json()["created"] == 20


def test_single_writes_that_embed_here_go_on(world, client_of, limit):
    client = client_of(world.alice)
    client.post(f"{URL}/bulk", items(10))
    assert client.post(URL, {"text": "one more"}).status_code == 201


def test_single_writes_and_edits_whose_model_is_elsewhere_are_refused(
    world, client_of, limit, settings, write
):
    client = client_of(world.alice)
    old = write(world.alice, "old words")
    client.post(f"{URL}/bulk", items(10))
    settings.EMBEDDING_MODEL = "openai/elsewhere"
    settings.EMBEDDING_DIMENSIONS = 8
    refused(client.post(URL, {"text": "one more"}))
    refused(client.patch(f"{URL}/{old.public_id}", {"text": "new words"}))
    assert client.patch(f"{URL}/{old.public_id}", {"tags": ["x"]}).status_code == 200
    assert client.post(URL, {"text": "note 1"}).status_code == 200, "said before: no new vector"


def test_retry_after_follows_the_rate_at_which_embeddings_are_made(world, client_of, limit):
    client = client_of(world.alice)
    client.post(f"{URL}/bulk", items(10))
    backlog.drained(rows=2, seconds=4)
    assert refused(client.post(f"{URL}/bulk", items(9, "more"))) == 20  # (19 - 9) / 0.5


@pytest.mark.parametrize(
    ("rows", "limit", "rate", "seconds"),
    [
        (1_100, 1_000, 100.0, 2),
        (1_001, 1_000, 1e6, 1),
        (10_000, 1_000, 1.0, 300),
        (1_100, 1_000, None, 30),
        (1_100, 1_000, 0.0, 30),
    ],
)
def test_seconds_until_there_is_room(rows, limit, rate, seconds):
    assert backlog.seconds_until(rows, limit, rate) == seconds


@pytest.mark.django_db(transaction=True)
def test_one_message_waits_for_the_worker_however_many_writes(world, client_of, settings):
    cache.delete(backlog._ANNOUNCED)
    client = client_of(world.alice)
    with redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]) as queue:
        before = queue.llen("embed")
        for number in range(5):
            client.post(f"{URL}/bulk", items(2, f"round {number}"))
        assert queue.llen("embed") == before + 1
        backlog.heard()  # the worker begins to look
        client.post(f"{URL}/bulk", items(2, "later"))
        assert queue.llen("embed") == before + 2
    cache.delete(backlog._ANNOUNCED)
