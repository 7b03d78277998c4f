"""The peers: an environment for each, a process, and the same questions."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.service.clients import percentiles
from bench.service.environments import NotInstalled, python_of
from bench.service.hub import ROOT
from bench.service.material import Material
from bench.service.progress import say
from bench.service.vectors import Encoder, Floats, nearest
from memoryhub import embedded

_WARM = 10


@dataclass(frozen=True, slots=True)
class Peer:
    """How a peer is installed and run; `database`: whether it wants a PostgreSQL."""

    label: str
    module: str
    requirements: tuple[str, ...]
    database: bool = True


PEERS = {
    "langgraph": Peer(
        "LangGraph PostgresStore 3.2.0",
        "bench.peers.langgraph_store",
        ("langgraph-checkpoint-postgres==3.2.0", "psycopg[binary]", "numpy"),
    ),
    "mem0": Peer(
        "mem0 2.2.1, pgvector, infer=False",
        "bench.peers.mem0_memory",
        ("mem0ai==2.2.1", "psycopg[binary,pool]", "numpy"),
    ),
    "chroma": Peer(
        "Chroma 1.5.9, persistent",
        "bench.peers.chroma_collection",
        ("chromadb==1.5.9", "numpy"),
        database=False,
    ),
}


class PeerError(RuntimeError):
    """A peer gave up; the message says what it said last."""


@dataclass(frozen=True, slots=True)
class Task:
    """What every peer is asked, in files under `folder`.

    Attributes:
        users: the big and the small user, with the rows that are theirs.
        requests: how many one figure rests on.
    """

    folder: Path
    material: Material
    users: dict[str, npt.NDArray[np.intp]]
    encoder: Encoder
    requests: int


def measure(names: Sequence[str], task: Task) -> dict[str, Any]:
    """Figures by peer; one that does not work has an `error` instead."""
    rows = _rows(task)
    figures: dict[str, Any] = {}
    for name in names:
        try:
            figures[name] = {"label": PEERS[name].label, **_measure(name, task, rows)}
        except (PeerError, NotInstalled, embedded.ServiceError) as error:
            say(f"{PEERS[name].label}: {error}")
            figures[name] = {"label": PEERS[name].label, "error": str(error)}
    return figures


def _rows(task: Task) -> Path:
    """The file of all rows, with each row's position as its id."""
    owners = {int(place): user for user, places in task.users.items() for place in places}
    path = task.folder / "rows.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for place, note in enumerate(task.material.notes):
            user = owners.get(place, f"other{place % 8}")
            row = {"id": str(place), "user": user, "text": note.text}
            lines.write(json.dumps(row) + "\n")
    np.save(task.folder / "vectors.npy", task.material.vectors)
    return path


def _measure(name: str, task: Task, rows: Path) -> dict[str, Any]:
    folder = task.folder / name
    folder.mkdir(mode=0o711)
    with _process(name, folder) as process:
        loaded = process.do("load", rows=str(rows), vectors=str(task.folder / "vectors.npy"))
        searches = {user: _search(process, task, user) for user in task.users}
        written = _write(process, task)
    return {"load_seconds": loaded["seconds"], "write": written, "search": searches}


def _search(process: "_Process", task: Task, user: str) -> dict[str, Any]:
    places = task.users[user]
    count = task.requests + _WARM
    texts = task.material.questions.take(count, about=places.tolist())
    vectors = np.concatenate([task.encoder([text]) for text in texts])
    done = process.do("search", user=user, texts=texts, vectors=_saved(task, vectors))
    exact = [
        {str(place) for place in found} for found in nearest(task.material.vectors, places, vectors)
    ]
    recalls = [
        len(found & set(got)) / len(found) for found, got in zip(exact, done["found"], strict=True)
    ]
    return {
        **percentiles(done["took"][_WARM:]),
        "recall_at_10": round(fmean(recalls), 4),
        "results": round(fmean(len(got) for got in done["found"]), 2),
        "rows": len(places),
    }


def _write(process: "_Process", task: Task) -> dict[str, float]:
    texts, vectors = task.material.more(task.requests + _WARM)
    user = next(iter(task.users))
    done = process.do("write", user=user, texts=texts, vectors=_saved(task, vectors))
    return percentiles(done["took"][_WARM:])


def _saved(task: Task, vectors: Floats) -> str:
    path = task.folder / "given.npy"
    np.save(path, vectors)
    return str(path)


@contextmanager
def _process(name: str, folder: Path) -> "Iterator[_Process]":
    """A running peer, with a PostgreSQL of its own where it wants one."""
    peer = PEERS[name]
    python = python_of(name, peer.requirements)
    only = ["postgres"] if peer.database else []
    with embedded.start(folder / "var", only=only) as services:
        process = _Process(peer, python, folder, services.urls.database_url)
        try:
            process.read()
            yield process
        finally:
            process.stop()


class _Process:
    """A peer that obeys; see `bench.peers.wire`."""

    def __init__(self, peer: Peer, python: Path, folder: Path, database_url: str) -> None:
        self._label = peer.label
        self._log = folder / "output"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [str(python), "-m", peer.module, str(folder), database_url],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
                env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )  # fmt: skip

    def do(self, what: str, **command: Any) -> dict[str, Any]:
        """Have a command carried out; what came of it.

        Raises:
            PeerError: it ended instead.
        """
        say(f"{self._label}: {what}")
        assert self._child.stdin is not None, "it has a pipe"  # noqa: S101
        try:
            self._child.stdin.write(json.dumps({"do": what, **command}) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise PeerError(self._last_words()) from None
        while "done" not in (answer := self.read()):
            if answer["progress"] % 10_000 == 0:
                say(f"{self._label}: {answer['progress']:,} rows")
        done: dict[str, Any] = answer["done"]
        return done

    def read(self) -> dict[str, Any]:
        """The next line it says.

        Raises:
            PeerError: it ended instead.
        """
        assert self._child.stdout is not None, "it has a pipe"  # noqa: S101
        line = self._child.stdout.readline()
        if not line:
            raise PeerError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._child.kill()
        self._child.communicate()

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()
        return f"ended: {said[-1] if said else 'without a word'}"
