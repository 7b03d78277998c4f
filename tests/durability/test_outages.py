"""Redis and PostgreSQL die by SIGKILL while clients write."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from memoryhub import embedded
from tests.durability.hub import Hub, until
from tests.durability.writers import Ledger, lost_or_doubled, pending, plan, write_all

EMBEDDED_WITHIN = 480  # seconds; a worker that lost its broker gives up what it had claimed


@dataclass
class Outage:
    """A hub whose Redis belongs to the test, which can leave it dead as long as it likes."""

    hub: Hub
    redis: embedded.Services

    def begin(self) -> None:
        process = self.redis.children["redis"]
        process.kill()
        process.wait()

    def end(self) -> None:
        assert self.redis.revive() == ["redis"]


@pytest.fixture
def outage() -> Iterator[Outage]:
    hub = Hub()
    redis = embedded.start(hub.folder / "redis", only=["redis"])
    try:
        hub.environment["REDIS_URL"] = redis.urls.redis_url
        hub.start()
        yield Outage(hub, redis)
    finally:
        hub.stop()
        redis.stop()
        hub.remove()


@pytest.mark.slow
def test_without_redis_writes_are_kept_and_embedded_once_it_is_back(outage):
    hub, ledger = outage.hub, Ledger()
    before = [plan(client, singles=20, bulks=3, size=50) for client in range(2)]
    write_all(hub, before, ledger)
    until(lambda: pending(hub) == 0, "the first embeddings", EMBEDDED_WITHIN)

    outage.begin()
    meanwhile = [plan(client, singles=20, bulks=3, size=50) for client in (2, 3)]
    write_all(hub, meanwhile, ledger)
    assert ledger.retries == 0, "no write was refused"
    assert len(ledger.texts) == 4 * (20 + 150)
    assert pending(hub) == 2 * 150, "bulk writes wait for the worker, single ones do not"
    assert hub.get("/health/ready").json()["status"] == "degraded"

    outage.end()
    until(lambda: pending(hub) == 0, "the sweep", EMBEDDED_WITHIN)
    assert lost_or_doubled(hub, before + meanwhile, ledger) == []
    until(lambda: hub.get("/health/ready").json()["status"] == "ok", "a hub in good health")


@pytest.mark.slow
def test_postgres_killed_twice_loses_no_acknowledged_row(shared):
    plans = [plan(client, singles=60, bulks=10, size=50, seed=7) for client in range(10, 14)]
    ledger = Ledger()
    total = sum(len(write.texts) for one in plans for write in one)

    def acknowledged(share: float) -> Callable[[], bool]:
        return lambda: len(ledger.texts) >= share * total

    def kill_twice() -> None:
        for share in (0.25, 0.6):
            until(acknowledged(share), "writes to kill in", 300)
            shared.kill("postgres")

    killer = threading.Thread(target=kill_twice, daemon=True)
    killer.start()
    write_all(shared, plans, ledger)
    killer.join()
    assert ledger.retries > 0, "the kills were felt"
    assert len(ledger.texts) == total
    assert lost_or_doubled(shared, plans, ledger) == []
