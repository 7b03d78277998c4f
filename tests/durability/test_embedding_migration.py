"""A change of model on a running hub under load: killed, resumed, switched, rolled back."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.durability.hub import ROOT, SERVICES, Hub, until
from tests.durability.vector_server import VectorServer
from tests.durability.writers import pending

OLD, NEW, ELSEWHERE = "all-MiniLM-L6-v2/int8", "all-MiniLM-L6-v2/float32", "openai/words/96"
NOTES = 300
BUNDLED = ("migrate", "--to", "local:all-MiniLM-L6-v2", "--compute", "float32")


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub(WORDS_KEY="key-of-words")
    try:
        hub.start()
        yield hub
    finally:
        hub.remove()


class Traffic(threading.Thread):
    """Writes, asks for what it wrote and edits it, until told to stop; keeps what went wrong."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(daemon=True)
        self.hub, self.stopping = hub, threading.Event()
        self.written = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.hub.token}"}
        with httpx.Client(base_url=f"{self.hub.url}/api/v1", headers=headers, timeout=60) as client:
            while not self.stopping.is_set():
                self._round(client)

    def _round(self, client: httpx.Client) -> None:
        word = f"zz{self.written}"
        kept = client.post("/memories", json={"text": f"Boiler {word} loses pressure."})
        found = client.post("/recall", json={"query": word, "limit": 3})
        if kept.status_code != 201 or found.status_code != 200:
            self.wrong.append(f"{kept.status_code} {found.status_code} {found.text[:200]}")
            return
        self.written += 1
        ids = [result["id"] for result in found.json()["results"]]
        if kept.json()["id"] not in ids:
            self.wrong.append(f"{word} is not among {len(ids)}")
        if self.written % 3 == 0:
            path = f"/memories/{kept.json()['id']}"
            edited = client.patch(path, json={"text": f"Boiler {word} is repaired."})
            if edited.status_code != 200:
                self.wrong.append(edited.text[:200])


@contextmanager
def traffic(hub: Hub) -> Iterator[Traffic]:
    thread = Traffic(hub)
    thread.start()
    try:
        yield thread
    finally:
        thread.stopping.set()
        thread.join(60)


def command(hub: Hub, *arguments: str) -> "subprocess.Popen[str]":
    env = {name: value for name, value in os.environ.items() if name not in SERVICES}
    env |= hub.environment | {"MEMORYHUB_VAR": str(hub.var), "DATABASE_URL": hub.database_url}
    return subprocess.Popen(
        [sys.executable, "manage.py", "embeddings", *arguments],
        cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def embeddings(hub: Hub, *arguments: str) -> str:
    process = command(hub, *arguments)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def rows(hub: Hub) -> dict[str, int]:
    return dict(hub.query("SELECT model, count(*) FROM memories_memoryindex GROUP BY model"))


def memories(hub: Hub) -> int:
    count: int = hub.query("SELECT count(*) FROM memories_memory")[0][0]
    return count


def fill(hub: Hub) -> None:
    items = [{"text": f"Depot {n} keeps spare valves."} for n in range(NOTES)]
    assert hub.post("/memories/bulk", {"items": items}).json()["created"] == NOTES
    until(lambda: pending(hub) == 0, "the notes to be embedded", 240)


@pytest.mark.slow
def test_a_model_is_changed_under_load_killed_resumed_and_rolled_back(hub, capsys):
    fill(hub)
    began = time.monotonic()
    with traffic(hub) as load:
        killed = command(hub, *BUNDLED, "--batch", "10", "--rate", "60")
        until(lambda: rows(hub).get(NEW, 0) >= 60, "the filling to be under way")
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        done = rows(hub)[NEW]
        assert done < memories(hub)
        said = embeddings(hub, *BUNDLED, "--sample", "50")
        assert "50 questions" in said
        assert rows(hub)[NEW] > done
        embeddings(hub, "switch")
        time.sleep(3)
        embeddings(hub, "rollback")
        embeddings(hub, "switch")
        embeddings(hub, "drop-old", "--yes")
    assert load.wrong == []
    assert load.written > 0
    assert rows(hub) == {NEW: memories(hub)}
    stale = hub.query(
        "SELECT count(*) FROM memories_memoryindex i JOIN memories_memory m ON m.id = i.memory_id"
        " WHERE i.content_hash <> m.content_hash OR i.status <> m.status OR i.embedding IS NULL"
    )
    assert stale == [(0,)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{memories(hub)} memories changed model under {load.written} writes in"
            f" {time.monotonic() - began:.0f} s, killed at {done}; "
            f"{' '.join(said.split('in common: ')[1].split()[:3])} in common\n"
        )


@pytest.mark.slow
def test_to_a_model_of_other_dimensions_behind_a_network_and_back(hub):
    fill(hub)
    with VectorServer(dimensions=96) as server:
        with traffic(hub) as load:
            to = ("--to", "openai/words", "--dimensions", "96", "--api-base", server.address)
            key = ("--api-key-variable", "WORDS_KEY")
            embeddings(hub, "migrate", *to, *key, "--sample", "20")
            embeddings(hub, "switch")
            time.sleep(3)  # every process has read it
            mine = hub.post("/memories", {"text": "The samovar hums quietly."}).json()["id"]
            _wait_for_the_vector_of(hub, mine)
            best = hub.post("/recall", {"query": "samovar hums quietly"}).json()["results"][0]
            assert best["id"] == mine
            assert best["signals"]["dense"] > 0.5
            assert set(server.keys) == {"key-of-words"}
            embeddings(hub, "rollback")
            time.sleep(3)
            best = hub.post("/recall", {"query": "The samovar hums quietly."}).json()["results"][0]
            assert best["signals"]["dense"] > 0.98, "its vector of the old model was kept, too"
        until(lambda: pending(hub) == 0, "what was written last to be embedded with both")
    assert load.wrong == []
    assert rows(hub) == {OLD: memories(hub), ELSEWHERE: memories(hub)}


def _wait_for_the_vector_of(hub: Hub, public_id: str) -> None:
    missing = (
        "SELECT count(*) FROM memories_memoryindex i JOIN memories_memory m ON m.id = i.memory_id"
        f" WHERE m.public_id = '{public_id}' AND i.embedding IS NULL"
    )
    until(lambda: hub.query(missing) == [(0,)], "the worker to embed with the remote model")
