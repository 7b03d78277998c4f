"""Clients that write until they are told that it is kept, as an agent with retries would."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.durability.hub import Hub

PATIENCE = 120  # seconds a client keeps retrying one request
_WORDS = [
    "pump", "valve", "grinder", "filter", "boiler", "gasket", "invoice", "courier", "pallet",
    "harvest", "roast", "shift", "sensor", "ledger", "quote", "permit", "voltage", "sample",
    "crate", "label", "route", "depot", "cable", "meter",
]  # fmt: skip


@dataclass(frozen=True)
class Write:
    """One request: its Idempotency-Key and the texts in it; one text is a single write."""

    key: str
    texts: tuple[str, ...]

    @property
    def path(self) -> str:
        return "/memories" if len(self.texts) == 1 else "/memories/bulk"

    @property
    def body(self) -> dict[str, Any]:
        items = [{"text": text} for text in self.texts]
        return items[0] if len(items) == 1 else {"items": items}


@dataclass
class Ledger:
    """What was acknowledged: text by id, for all clients together."""

    texts: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    replays: int = 0
    complaints: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, write: Write, answer: httpx.Response, retries: int) -> None:
        body = answer.json()
        items = body.get("items") or [{"id": body["id"], "result": _result(body)}]
        with self.lock:
            self.retries += retries
            self.replays += "Idempotency-Replayed" in answer.headers
            for text, item in zip(write.texts, items, strict=True):
                if item["result"] != "created" or item["id"] in self.texts:
                    self.complaints.append(f"{write.key}: {item}")
                self.texts[item["id"]] = text


def plan(client: int, *, singles: int, bulks: int, size: int, seed: int = 0) -> list[Write]:
    """The writes of one client in a seeded order; no two texts anywhere are the same."""
    chance = random.Random(f"{seed}-{client}")
    shapes = [1] * singles + [size] * bulks
    chance.shuffle(shapes)
    texts = _texts(client, chance)
    return [
        Write(f"client-{client}-{number}", tuple(next(texts) for _ in range(count)))
        for number, count in enumerate(shapes)
    ]


def write_all(hub: Hub, plans: Sequence[Sequence[Write]], ledger: Ledger) -> None:
    """One client per plan, all at once; returns when every write is acknowledged."""
    with ThreadPoolExecutor(len(plans)) as pool:
        for done in [pool.submit(_write, hub, one, ledger) for one in plans]:
            done.result()


def _write(hub: Hub, writes: Sequence[Write], ledger: Ledger) -> None:
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=f"{hub.url}/api/v1", headers=headers, timeout=30) as client:
        for write in writes:
            answer, retries = _insist(client, write)
            ledger.enter(write, answer, retries)


def _insist(client: httpx.Client, write: Write) -> tuple[httpx.Response, int]:
    """Send until there is an answer; no answer, or a server error, means: try again."""
    for attempt in range(PATIENCE * 4):
        try:
            answer = client.post(
                write.path, json=write.body, headers={"Idempotency-Key": write.key}
            )
        except httpx.TransportError:
            threading.Event().wait(0.25)
            continue
        if answer.status_code < 500:
            answer.raise_for_status()
            return answer, attempt
        threading.Event().wait(0.25)
    raise TimeoutError(f"{write.key} was not acknowledged in {PATIENCE} s")


def _result(body: dict[str, Any]) -> str:
    return "created" if body["created"] else "repeated"


def _texts(client: int, chance: random.Random) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        words = " ".join(chance.sample(_WORDS, 4))
        yield f"Client {client} noted as item {number} that {words} belong together."


def lost_or_doubled(hub: Hub, plans: Sequence[Sequence[Write]], ledger: Ledger) -> list[str]:
    """What is wrong in the database: acknowledged and absent, changed, doubled, or never told."""
    wanted = {text for one in plans for write in one for text in write.texts}
    rows = hub.query("SELECT public_id::text, text FROM memories_memory")
    found = {public_id: text for public_id, text in rows if text in wanted}
    wrong = list(ledger.complaints)
    wrong += [f"lost: {public_id}" for public_id in ledger.texts.keys() - found.keys()]
    wrong += [f"nobody was told: {public_id}" for public_id in found.keys() - ledger.texts.keys()]
    wrong += [f"changed: {one}" for one in found if ledger.texts.get(one, found[one]) != found[one]]
    return wrong + [f"doubled: {text}" for text, n in Counter(found.values()).items() if n > 1]


def pending(hub: Hub) -> int:
    """Memories whose embedding is still to be made."""
    sql = "SELECT count(*) FROM memories_memoryindex WHERE embedding IS NULL"
    count: int = hub.query(sql)[0][0]
    return count
