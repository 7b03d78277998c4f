"""How the benchmark talks to a peer: one JSON object per line, vectors as .npy files.

Commands: `load` (rows, vectors), `write` and `search` (user, texts, vectors). A peer is opened
with its folder and, if it wants one, a database; it says `{"ready": true}` first. It ends when its
standard input does. Whatever its library prints goes to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
DIMENSIONS = 384
TOP = 10
LOADED_AT_ONCE = 1_000


class Peer(Protocol):
    """A memory that keeps texts of users with vectors it is given."""

    def load(self, rows: Sequence[dict[str, str]], vectors: Vector) -> None:
        """Keep many rows of `id`, `user`, `text`, by the fastest public way."""

    def loaded(self) -> None:
        """All rows are there."""

    def write(self, user: str, id: str, text: str, vector: Vector) -> None:
        """Keep one as its users do."""

    def search(self, user: str, text: str, vector: Vector) -> object:
        """The ten best as its users get them; timed."""

    def nearest(self, user: str, text: str, vector: Vector, answer: Any) -> list[str]:
        """Ids of the ten that it holds for nearest, best first; `answer` is what search gave."""


class Given:
    """Stands for an embedding model: vectors that were handed over, by text."""

    def __init__(self) -> None:
        self._known: dict[str, list[float]] = {}

    def know(self, texts: Sequence[str], vectors: Vector) -> None:
        """From now on these are the vectors of these texts."""
        self._known = dict(zip(texts, vectors.tolist(), strict=True))

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        return [self._known[text] for text in texts]


def serve(opened: Callable[[Path, str], Peer]) -> None:
    """Open the peer with the two arguments of the command line and obey until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints must not break the protocol
    peer = opened(Path(sys.argv[1]), sys.argv[2])
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        for answer in _DO[command.pop("do")](peer, command):
            _answer(answers, answer)


def _load(peer: Peer, command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    vectors = np.load(command["vectors"], mmap_mode="r")
    rows = [json.loads(line) for line in Path(command["rows"]).read_text().splitlines()]
    began = perf_counter()
    for start in range(0, len(rows), LOADED_AT_ONCE):
        end = start + LOADED_AT_ONCE
        peer.load(rows[start:end], np.asarray(vectors[start:end]))
        yield {"progress": min(end, len(rows))}
    peer.loaded()
    yield {"done": {"seconds": round(perf_counter() - began, 1)}}


def _write(peer: Peer, command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    took = []
    texts, vectors = command["texts"], np.load(command["vectors"])
    for place, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
        began = perf_counter()
        peer.write(command["user"], f"written-{place}", text, vector)
        took.append((perf_counter() - began) * 1000)
    yield {"done": {"took": took}}


def _search(peer: Peer, command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    took, found = [], []
    for text, vector in zip(command["texts"], np.load(command["vectors"]), strict=True):
        began = perf_counter()
        answer = peer.search(command["user"], text, vector)
        took.append((perf_counter() - began) * 1000)
        found.append(peer.nearest(command["user"], text, vector, answer))
    yield {"done": {"took": took, "found": found}}


_DO: dict[str, Callable[[Peer, dict[str, Any]], Iterator[dict[str, Any]]]] = {
    "load": _load,
    "write": _write,
    "search": _search,
}


def _answer(stream: IO[str], content: dict[str, Any]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()
