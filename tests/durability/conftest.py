"""One hub for the tests that leave it as they found it, and web processes of one's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from memoryhub.embedded.process import spawn
from tests.durability.hub import ROOT, Hub, free_port, until


@pytest.fixture(scope="package")
def shared() -> Iterator[Hub]:
    """A running hub with two web processes, a worker and the bundled model."""
    hub = Hub()
    try:
        hub.start()
        yield hub
    finally:
        hub.remove()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """`serve(DATABASE_URL=...)`: a web process of its own in that environment; its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> str:
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", port]
        started.append(
            spawn(
                [*command, "memoryhub.wsgi:application"],
                output=subprocess.DEVNULL,
                last_words=signal.SIGTERM,
                env=os.environ | environment,
                cwd=ROOT,
            )
        )
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url), "the web process")
        return url

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").text == '{"status": "ok"}'
    except httpx.TransportError:
        return False
