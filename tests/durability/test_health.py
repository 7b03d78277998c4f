"""`/health/live`, `/health/ready` and `/metrics` when something is down, over real HTTP."""

import time
from collections.abc import Iterator

import httpx
import pytest
from django.core.cache import cache

from apps.kernel import heartbeat
from tests.durability.hub import Hub, until

NOWHERE = {
    "DATABASE_URL": "postgresql://hub:sesame@127.0.0.1:1/hub",
    "REDIS_URL": "redis://:sesame@127.0.0.1:1/0",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "check", "status", "word"),
    [("DATABASE_URL", "database", 503, "down"), ("REDIS_URL", "redis", 200, "degraded")],
)
def test_without_a_database_it_is_not_ready_and_without_redis_degraded(
    serve, name, check, status, word
):
    url = serve(**{name: NOWHERE[name]})
    answer = httpx.get(f"{url}/health/ready", timeout=30)
    assert answer.status_code == status
    assert answer.json()["status"] == word
    checks = answer.json()["checks"]
    assert {one for one in ("database", "redis") if not checks[one]["ok"]} == {check}
    assert "sesame" not in answer.text
    assert httpx.get(f"{url}/health/live").status_code == 200


@pytest.mark.slow
def test_without_a_database_the_api_says_so_in_its_own_error_body(serve):
    url = serve(DATABASE_URL=NOWHERE["DATABASE_URL"])
    answer = httpx.get(f"{url}/api/v1/me", headers={"Authorization": "Bearer mh_a.b"}, timeout=30)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "unavailable"
    assert "sesame" not in answer.text


@pytest.mark.slow
def test_metrics_without_a_database_tell_that_readings_failed(serve):
    url = serve(**NOWHERE)
    answer = httpx.get(f"{url}/metrics", timeout=30)
    assert answer.status_code == 200
    failed = answer.text.partition("\nmemoryhub_readings_failed ")[2].split()[0]
    assert float(failed) > 0
    assert "memoryhub_embeddings_pending" not in answer.text


@pytest.mark.django_db
def test_a_silent_worker_degrades_and_does_not_stop_the_hub(client, clear_heartbeat):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["worker"]["ok"] is False
    heartbeat.mark("worker")
    answer = client.get("/health/ready")
    assert answer.json()["status"] == "ok"
    assert answer.json()["checks"]["worker"]["seconds_ago"] < 60


@pytest.fixture
def clear_heartbeat() -> Iterator[None]:
    cache.delete("heartbeat:worker")
    yield
    cache.delete("heartbeat:worker")


@pytest.mark.slow
def test_a_whole_hub_is_ready(shared: Hub):
    until(lambda: shared.get("/health/ready").json()["status"] == "ok", "the worker's heartbeat")
    checks = shared.get("/health/ready").json()["checks"]
    assert set(checks) == {"database", "redis", "worker", "embeddings"}
    assert checks["embeddings"]["pending"] == 0
    first = _beat(shared)
    until(lambda: _beat(shared) > first + 1, "another heartbeat of the worker", seconds=40)


def _beat(hub: Hub) -> float:
    """When the worker was last heard of, in seconds of a clock that only rises."""
    ago = hub.get("/health/ready").json()["checks"]["worker"]["seconds_ago"]
    return time.monotonic() - float(ago)
