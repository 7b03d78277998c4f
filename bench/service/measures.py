"""The figures of a running hub. Imports the application, so Django is set up before this is."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from time import perf_counter
from typing import Any

from apps.accounts.actors import of_user
from apps.memories.services import embeddings
from apps.providers.embedders import get_embedder
from bench import recall_quality
from bench.service import clients, cpu, raw, statements
from bench.service.clients import Ask, Figures
from bench.service.company import Asker, Company
from bench.service.material import Material
from bench.service.progress import say
from bench.service.vectors import NEAREST, nearest

MANY = 8  # clients at a time
WARM = 40
BLOCK = 25  # requests in a row, with the service and without it
BULK_ITEMS = 1_000
BULK_ROWS = 5_000
_EMBED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a running hub is; `pids` by name: web, worker, postgres and others."""

    url: str
    database_url: str
    pids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bench:
    """A hub with its memories, and what to ask it.

    Attributes:
        requests: how many one figure rests on; with 8 clients twice as many.
    """

    hub: Hub
    company: Company
    material: Material
    requests: int

    def asks(self, asker: Asker, count: int, **how: Any) -> list[Ask]:
        """Recalls by `asker`."""
        about = asker.rows.tolist()
        return [
            Ask.of(asker.token, "/recall", {"query": question, "limit": 10, **how})
            for question in self.material.questions.take(count, about=about)
        ]

    def drafts(self, count: int) -> list[dict[str, Any]]:
        """Memories nobody has written yet."""
        return [{"text": note.text} for note in self.material.writer.notes(count)]


def everything(bench: Bench) -> dict[str, Any]:
    """All figures by name; writes come last, so that every asker's memories are as seeded."""
    warm(bench)
    limits = raw.limits(bench.hub.url, bench.hub.database_url)
    latencies, compared = recall(bench)
    return {
        "raw": limits,
        "recall": latencies,
        "sql": compared,
        "accuracy": accuracy(bench),
        "write": write(bench),
        "bulk": bulk(bench),
    }


def warm(bench: Bench) -> None:
    """Let every web process load its model and open its connections."""
    for asker in bench.company.askers.values():
        clients.send(bench.hub.url, bench.asks(asker, WARM), clients=MANY)
    writes = _writes(bench, MANY * 2)
    clients.send(bench.hub.url, writes, clients=MANY)


def recall(bench: Bench) -> tuple[dict[str, dict[str, Figures]], dict[str, Any]]:
    """Latencies by asker and number of clients, and the same statements without the service."""
    figures: dict[str, dict[str, Figures]] = {}
    compared: dict[str, Any] = {}
    with statements.plain_session(bench.hub.database_url) as session:
        for name, asker in bench.company.askers.items():
            say(f"recall as the asker of {name}")
            for ask in bench.asks(asker, WARM // 4):  # a new session reads the catalogue first
                statements.replayed(session, statements.caught(ask))
            asks = bench.asks(asker, bench.requests)
            alone, compared[name] = _with_and_without(bench, session, asks)
            crowd = _crowd(bench, bench.asks(asker, 2 * bench.requests))
            figures[name] = {"clients_1": alone, f"clients_{MANY}": crowd}
    return figures, compared


def _with_and_without(
    bench: Bench, session: Any, asks: Sequence[Ask]
) -> tuple[Figures, dict[str, Any]]:
    """The service, and the same statements without it; in turns, so that both see one machine."""
    service: list[float] = []
    plain: list[float] = []
    seconds, count = 0.0, 0
    for first in range(0, len(asks), BLOCK):
        block = asks[first : first + BLOCK]
        sent = clients.send(bench.hub.url, block)
        service += sent.took
        seconds += sent.seconds
        requests = [statements.caught(ask) for ask in block]
        plain += [statements.replayed(session, request) for request in requests]
        count = max(map(len, requests))
    alone = clients.Sent(service, (), seconds).figures
    took = clients.percentiles(plain)
    ratio = round(alone["p50"] / took["p50"], 2)
    return alone, {**took, "statements": count, "ratio": ratio}


def accuracy(bench: Bench) -> dict[str, Figures]:
    """Share of the exact ten nearest among the ten that the service ranks nearest, by asker.

    In this process: an answer over HTTP shows the dense ranks of what it shows, no more.
    """
    figures = {}
    for name in ("50%", "5%", "0.5%"):
        say(f"recall@10 against exact search as the asker of {name}")
        asker = bench.company.askers[name]
        asked = bench.material.questions.take(bench.requests, about=asker.rows.tolist())
        vectors = get_embedder().embed(asked)
        exact = nearest(bench.material.vectors, asker.rows, vectors)
        found = [
            _found(bench, asker, question, places)
            for question, places in zip(asked, exact, strict=True)
        ]
        figures[name] = {
            "recall_at_10": round(fmean(found), 4),
            "rows": len(asker.rows),
            "n": len(found),
        }
    return figures


def _found(bench: Bench, asker: Asker, question: str, places: Sequence[int]) -> float:
    """Share of the memories at `places` among the ten that the service ranks nearest."""
    exact = {bench.company.keys[place] for place in places}
    ranked = recall_quality.legs(recall_quality.Home(of_user(asker.agent)), question)["dense"]
    return len(exact & set(ranked[:NEAREST])) / len(exact)


def write(bench: Bench) -> dict[str, Figures]:
    """Latencies of single writes: acknowledged, embedded, searchable."""
    say("single writes")
    alone = clients.send(bench.hub.url, _writes(bench, bench.requests))
    crowd = _crowd(bench, _writes(bench, 2 * bench.requests))
    return {"clients_1": alone.figures, f"clients_{MANY}": crowd}


def _crowd(bench: Bench, asks: Sequence[Ask]) -> Figures:
    """Latencies with several clients, and the CPU time each request cost the hub."""
    pids = bench.hub.pids
    meter = cpu.meter(web=pids["web"], postgres=pids["postgres"])
    figures = clients.send(bench.hub.url, asks, clients=MANY).figures
    return figures | meter(len(asks))


def _writes(bench: Bench, count: int) -> list[Ask]:
    token = bench.company.writer.token
    return [Ask.of(token, "/memories", draft) for draft in bench.drafts(count)]


def bulk(bench: Bench) -> dict[str, Figures]:
    """Rows per second of bulk writes, with one client and with two."""
    return {f"clients_{count}": _bulk(bench, count) for count in (1, 2)}


def _bulk(bench: Bench, count: int) -> Figures:
    rows = min(BULK_ROWS, len(bench.material.notes))
    say(f"bulk write of {rows:,} memories, {count} at a time")
    token = bench.company.writer.token
    size = min(BULK_ITEMS, rows // count)
    drafts = bench.drafts(rows)
    bodies = [{"items": drafts[first : first + size]} for first in range(0, rows, size)]
    asks = [Ask.of(token, "/memories/bulk", body) for body in bodies]
    meter = cpu.meter(**{name: bench.hub.pids[name] for name in ("web", "worker", "postgres")})
    began = perf_counter()
    sent = clients.send(bench.hub.url, asks, clients=count)
    acknowledged = perf_counter() - began
    embedded = _until_embedded(began)
    return {
        "rows": rows,
        "per_second_acknowledged": round(rows / acknowledged, 1),
        "per_second_embedded": round(rows / embedded, 1),
        "request_p50": clients.percentiles(sent.took)["p50"],
        **meter(rows),
    }


def _until_embedded(began: float) -> float:
    """Seconds since `began` once nothing is pending.

    Raises:
        RuntimeError: the worker did not get there in ten minutes.
    """
    while embeddings.pending_count():
        if perf_counter() - began > _EMBED_SECONDS:
            raise RuntimeError("The worker did not embed what was written.")
        time.sleep(0.05)
    return perf_counter() - began
