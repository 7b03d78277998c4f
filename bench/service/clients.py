"""HTTP clients with tokens on kept connections, and what their requests took."""

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import numpy as np

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be sent: whose token, where to, and the JSON body."""

    token: str
    path: str
    body: bytes

    @classmethod
    def of(cls, token: str, path: str, body: dict[str, Any]) -> "Ask":
        """With the body as JSON."""
        return cls(token, path, json.dumps(body).encode())


class Client:
    """One connection, kept between requests."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._connection.connect()

    def send(self, ask: Ask) -> tuple[float, Any]:
        """Milliseconds it took, and the answer.

        Raises:
            RuntimeError: any status but success.
        """
        headers = {"Authorization": f"Bearer {ask.token}", "Content-Type": "application/json"}
        began = perf_counter()
        self._connection.request("POST", f"/api/v1{ask.path}", ask.body, headers)
        response = self._connection.getresponse()
        content = response.read()
        took = (perf_counter() - began) * 1000
        if response.status >= 300:
            raise RuntimeError(f"POST {ask.path} answered {response.status}: {content[:300]!r}")
        return took, json.loads(content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """What a number of requests took, in the order they were given.

    Attributes:
        took: milliseconds of each.
        answers: decoded JSON of each.
        seconds: from the first to the last.
    """

    took: Sequence[float]
    answers: Sequence[Any]
    seconds: float

    @property
    def figures(self) -> Figures:
        """Percentiles in milliseconds, requests per second, and how many there were."""
        return {**percentiles(self.took), "per_second": round(len(self.took) / self.seconds, 1)}


def percentiles(took: Sequence[float]) -> Figures:
    """p50, p95, p99 and n of times in milliseconds."""
    p50, p95, p99 = np.percentile(took, (50, 95, 99))
    return {
        "p50": round(float(p50), 2),
        "p95": round(float(p95), 2),
        "p99": round(float(p99), 2),
        "n": len(took),
    }


def send(url: str, asks: Sequence[Ask], *, clients: int = 1) -> Sent:
    """Send all, from `clients` connections at a time, each waiting for its answer."""
    opened = [Client(url) for _ in range(clients)]
    shares = [asks[place::clients] for place in range(clients)]
    given_up = Event()
    try:
        with ThreadPoolExecutor(clients) as pool:
            began = perf_counter()
            futures = [
                pool.submit(_all, *pair, given_up) for pair in zip(opened, shares, strict=True)
            ]
            try:
                parts = [future.result() for future in futures]
            except BaseException:  # Ctrl-C too: the pool waits for its threads
                given_up.set()
                raise
            seconds = perf_counter() - began
    finally:
        for client in opened:
            client.close()
    done = [parts[place % clients][place // clients] for place in range(len(asks))]
    return Sent([took for took, _ in done], [answer for _, answer in done], seconds)


def _all(client: Client, asks: Sequence[Ask], given_up: Event) -> list[tuple[float, Any]]:
    return [client.send(ask) for ask in asks if not given_up.is_set()]
