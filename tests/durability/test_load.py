"""Eight writers and eight readers at once: no error, and who wrote finds what was written.

Ten seconds; `LOAD_SECONDS=60` for the full minute.
"""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from tests.durability.hub import Hub, until
from tests.durability.writers import pending

SECONDS = float(os.environ.get("LOAD_SECONDS", "10"))
WRITERS = READERS = 8
BULK = 50


@dataclass
class Tally:
    """What all clients saw."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, problem: str = "") -> None:
        with self.lock:
            self.done[what] += 1
            if problem:
                self.wrong.append(f"{what}: {problem}")


def kept(hub: Hub) -> int:
    count: int = hub.query("SELECT count(*) FROM memories_memory")[0][0]
    return count


def client_of(hub: Hub) -> httpx.Client:
    headers = {"Authorization": f"Bearer {hub.token}"}
    return httpx.Client(base_url=f"{hub.url}/api/v1", headers=headers, timeout=60)


def write(client: httpx.Client, tally: Tally, name: str, number: int) -> None:
    """A single write, found at once by its own word and its meaning; now and then a bulk."""
    word = f"{name}x{number}"
    kept = client.post("/memories", json={"text": f"The {word} pump leaks at the valve."})
    tally.note("write", "" if kept.status_code == 201 else f"{kept.status_code} {kept.text}")
    body = {"query": word, "limit": 3, "explain": False}
    found = client.post("/recall", json=body)
    signals = {result["id"]: result["signals"] for result in found.json().get("results", [])}.get(
        kept.json().get("id"), {}
    )
    tally.note("read own write", "" if {"lexical", "dense"} <= signals.keys() else f"{signals}")
    if number % 5 == 0:
        items = [{"text": f"Item {word} {n} of the ledger."} for n in range(BULK)]
        answer = client.post("/memories/bulk", json={"items": items})
        created = answer.json().get("created")
        tally.note("bulk", "" if created == BULK else f"{answer.status_code} {answer.text[:200]}")


def read(client: httpx.Client, tally: Tally, name: str, number: int) -> None:
    """Questions, lists and single reads in turn."""
    if number % 4 == 3:
        answer = client.get("/memories", params={"limit": 20})
    else:
        answer = client.post("/recall", json={"query": f"why does pump {number} leak?"})
    tally.note("read", "" if answer.status_code == 200 else f"{answer.status_code} {answer.text}")


def at_work(
    hub: Hub, tally: Tally, act: Callable[[httpx.Client, Tally, str, int], None], name: str
) -> None:
    deadline, number = time.monotonic() + SECONDS, 0
    with client_of(hub) as client:
        while time.monotonic() < deadline:
            act(client, tally, name, number)
            number += 1


@pytest.mark.slow
def test_eight_writers_and_eight_readers(shared, capsys):
    hub, tally = shared, Tally()
    before = kept(hub)
    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        jobs = [
            pool.submit(
                at_work,
                hub,
                tally,
                write,
                f"w{n}",
            )
            for n in range(WRITERS)
        ]
        jobs += [pool.submit(at_work, hub, tally, read, f"r{n}") for n in range(READERS)]
        for job in jobs:
            job.result()
    assert tally.wrong == []
    assert min(tally.done[what] for what in ("write", "read own write", "bulk", "read")) > 0
    rows = kept(hub) - before
    assert rows == tally.done["write"] + BULK * tally.done["bulk"], "nothing lost, nothing doubled"
    until(lambda: pending(hub) == 0, "every memory to be embedded", 480)
    with capsys.disabled():
        sys.stdout.write(f"\nin {SECONDS:g} s: {dict(tally.done)}\n")
