"""A hub of the benchmark's own, started as `make run` starts it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from memoryhub import embedded
from memoryhub.embedded.process import spawn

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("DATABASE_URL", "REDIS_URL", "MEMORYHUB_VAR")  # a benchmark uses its own
_START_SECONDS = 180
_STOP_SECONDS = 60
ENVIRONMENT = {"RATE_LIMIT_PER_MINUTE": "100000000"}  # one token asks more than any agent would


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is gone afterwards; services that run as another account may pass."""
    with tempfile.TemporaryDirectory(prefix="memoryhub-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


@contextmanager
def folder_for(kept: Path | None) -> Iterator[Path]:
    """A folder to keep, made if missing, with the key its tokens are made with; or one to drop."""
    if kept is None:
        with scratch_folder() as folder:
            yield folder
        return
    kept.mkdir(parents=True, exist_ok=True)
    kept.chmod(0o711)
    key = kept / "secret_key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(40))
    os.environ["SECRET_KEY"] = key.read_text()
    yield kept.resolve()


@contextmanager
def services(folder: Path) -> Iterator[embedded.Services]:
    """PostgreSQL and Redis under `folder`, named in the environment for all that follow."""
    var = folder / "var"
    with embedded.start(var) as running:
        os.environ |= {
            "MEMORYHUB_VAR": str(var),
            "DATABASE_URL": running.urls.database_url,
            "REDIS_URL": running.urls.redis_url,
        }
        yield running


@contextmanager
def running(folder: Path, *arguments: str, **extra: str) -> Iterator[tuple[str, dict[str, int]]]:
    """URL and process ids of a hub on the services in the environment, by `memoryhub.supervisor`.

    Raises:
        RuntimeError: it did not become ready; the text ends with what it said.
    """
    log = folder / "hub.log"
    url = f"http://127.0.0.1:{free_port()}"
    with log.open("wb") as output:
        child = spawn(
            [sys.executable, "-m", "memoryhub.supervisor", "--port", url.rpartition(":")[2],
             *arguments],
            output=output, last_words=signal.SIGTERM,
            env={**os.environ, **ENVIRONMENT, **extra}, cwd=ROOT,
        )  # fmt: skip
        try:
            wait(child, url, log)
            note = json.loads((folder / "var" / "supervisor.json").read_text())
            yield url, note["processes"]
        finally:
            stop(child)


def wait(child: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait until the database and, where there is one, the worker answer.

    Raises:
        RuntimeError: the child ended, or nothing answered in three minutes.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        if _ready(url):
            return
        time.sleep(0.2)
    said = log.read_text(errors="replace")[-2_000:]
    raise RuntimeError(f"The hub did not start. It said:\n{said}")


def stop(child: "subprocess.Popen[bytes]", seconds: float = _STOP_SECONDS) -> None:
    """End a child as Ctrl-C does, by force when it takes too long; an ended one is left alone."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _ready(url: str) -> bool:
    try:
        checks = httpx.get(f"{url}/health/ready", timeout=2).json()["checks"]
    except (httpx.HTTPError, ValueError, KeyError):
        return False
    return bool(checks["database"]["ok"] and checks["worker"]["ok"])
