"""Ten thousand acknowledged writes while web and worker are killed: none lost, none doubled."""

import random
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.durability.hub import Hub, until
from tests.durability.writers import Ledger, lost_or_doubled, pending, plan, write_all

CLIENTS = 4
SINGLES, BULKS, SIZE = 300, 22, 100  # of each client: 2,500 memories
# The process itself, or with all its children at one stroke.
KILLS = [("web", False), ("worker", False), ("worker", True), ("web", True), ("web", False)]
EMBEDDED_WITHIN = 480  # seconds; what a killed worker had claimed is due again after a lease


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    try:
        hub.start()
        yield hub
    finally:
        hub.remove()


class Killer(threading.Thread):
    """Kills as listed, each when a seeded share of the writes is acknowledged."""

    def __init__(self, hub: Hub, ledger: Ledger, total: int, seed: int = 1) -> None:
        super().__init__(daemon=True)
        self.hub, self.ledger = hub, ledger
        self.done: list[str] = []
        chance = random.Random(seed)
        shares = [
            (step + chance.uniform(0.1, 0.7)) / (len(KILLS) + 1) for step in range(len(KILLS))
        ]
        self.moments = [int(total * share) for share in shares]

    def run(self) -> None:
        for (name, group), moment in zip(KILLS, self.moments, strict=True):
            self._wait_for(moment)
            self.done.append(f"{name} at {len(self.ledger.texts)}")
            self.hub.kill(name, group=group)

    def _wait_for(self, acknowledged: int) -> None:
        until(lambda: len(self.ledger.texts) >= acknowledged, "writes to kill in", 300)


@pytest.mark.slow
def test_ten_thousand_acknowledged_writes_survive_kills(hub, capsys):
    plans = [plan(client, singles=SINGLES, bulks=BULKS, size=SIZE) for client in range(CLIENTS)]
    ledger = Ledger()
    killer = Killer(hub, ledger, total=10_000)
    began = time.monotonic()
    killer.start()
    write_all(hub, plans, ledger)
    wrote = time.monotonic() - began
    killer.join()

    assert len(killer.done) == len(KILLS)
    assert ledger.retries > 0, "the kills were felt"
    assert len(ledger.texts) == 10_000, "an id for every text"
    assert lost_or_doubled(hub, plans, ledger) == []
    assert hub.query("SELECT count(*) FROM memories_memory") == [(10_000,)]
    assert hub.query("SELECT count(*) FROM memories_confirmation") == [(0,)]
    once = hub.query("SELECT count(*), count(DISTINCT memory_id) FROM memories_memoryrevision")
    assert once == [(10_000, 10_000)]

    until(lambda: pending(hub) == 0, "every memory to be embedded", EMBEDDED_WITHIN)
    assert hub.query("SELECT count(DISTINCT memory_id) FROM memories_memoryindex") == [(10_000,)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n10,000 memories from {CLIENTS} clients in {wrote:.0f} s,"
            f" all embedded after {time.monotonic() - began:.0f} s;"
            f" killed: {', '.join(killer.done)} acknowledged;"
            f" {ledger.retries} retries, {ledger.replays} replayed answers\n"
        )
    assert hub.stop() == [], "no process outlives the hub"
