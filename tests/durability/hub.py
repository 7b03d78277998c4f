"""A whole hub of its own, in production mode, for tests that kill parts of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from memoryhub import embedded
from memoryhub.embedded.process import Handle, marked, residents, spawn
from tests import template

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("DATABASE_URL", "REDIS_URL")
PRODUCTION = {
    "MEMORYHUB_ENV": "production",
    "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
    "AUDIT_SIGNING_KEY": "b25seS1mb3ItdGhpcy10ZXN0LTAxMjM0NTY3ODktMDE",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SSL_REDIRECT": "false",  # the tests speak plain HTTP to the port itself
    "COOKIE_SECURE": "false",
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "EMBEDDING_MODEL": "local:all-MiniLM-L6-v2",
}


def until(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Wait for something that must come; the bound is only reached when it is broken."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


def free_port() -> str:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


class Hub:
    """`make run` in a folder of its own; what it says goes to a file."""

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="memoryhub-hub-"))
        self.folder.chmod(0o711)  # as root the services run as another account and must get in
        self.var = self.folder / "var"
        self.output = self.folder / "output"
        self.environment = PRODUCTION | environment
        self.token = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start it and wait for the welcome with the first token; its database is migrated."""
        template.lay(self.var)
        env = {name: value for name, value in os.environ.items() if name not in SERVICES}
        with self.output.open("wb") as output:
            self.process = spawn(
                [sys.executable, "-m", "memoryhub.supervisor", "--port", free_port(), *arguments],
                output=output,
                last_words=signal.SIGTERM,  # it ends with pytest, however that ends
                env=env | self.environment | {"MEMORYHUB_VAR": str(self.var)},
                cwd=ROOT,
            )
        until(lambda: "Bearer " in self.said or self.ended, "the hub to start")
        assert not self.ended, self.said
        self.token = self.said.partition("Bearer ")[2].partition("'")[0]

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def url(self) -> str:
        return str(self._note["url"])

    def pid(self, name: str) -> int | None:
        """Process id of web, worker, beat, postgres or redis; None between two lives."""
        pid: int | None = self._note["processes"].get(name)
        return pid

    def kill(self, name: str, *, group: bool = False) -> None:
        """SIGKILL a process, or its whole group at one stroke, and wait for its successor."""
        until(lambda: self.pid(name), f"{name} to run")
        pid = self.pid(name)
        assert pid is not None
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)
        until(lambda: self.pid(name) not in (pid, None), f"another {name}")

    def answers(self) -> bool:
        """Whether a web process serves right now."""
        try:
            return self.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """A write as the first agent."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return httpx.post(f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)

    def query(self, sql: str) -> list[Any]:
        """Rows straight from its PostgreSQL."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql.encode()).fetchall()

    @property
    def database_url(self) -> str:
        urls = embedded.urls(self.var)
        url = (
            urls.database_url
            if urls
            else json.loads((self.var / "embedded.json").read_text())["database_url"]
        )
        return str(url)

    def living(self) -> list[Handle]:
        """Every process of this hub."""
        services = residents(self.var / "postgres", ["postgres"])
        services += residents(self.var / "redis", ["redis-server"])
        return services + marked(f"MEMORYHUB_SUPERVISED={self.var}")

    def stop(self) -> list[Handle]:
        """Stop it as Ctrl-C does; processes that outlived it (and are killed now)."""
        if self.process and not self.ended:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        left = self.living()
        for handle in left:
            handle.send(signal.SIGKILL)
        return left

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _note(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "supervisor.json").read_text()))
