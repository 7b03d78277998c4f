"""SIGTERM lets a running request finish."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from memoryhub.embedded.process import Handle
from tests.durability.hub import Hub, until

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    hub = Hub(EMBEDDING_MODEL="null")
    try:
        hub.start()
        yield hub
    finally:
        hub.remove()


def web(hub: Hub) -> int:
    pid = hub.pid("web")
    assert pid is not None
    return pid


def supervisor(hub: Hub) -> int:
    assert hub.process is not None
    return hub.process.pid


@pytest.mark.slow
@pytest.mark.parametrize("target", [web, supervisor])
def test_a_request_that_runs_at_sigterm_is_answered(hub, target: Callable[[Hub], int]):
    """The request waits for a lock of ours, so it certainly runs when the signal comes."""
    until(hub.answers, "the web processes")
    process = Handle.of(target(hub))
    assert process
    text = f"Written while {target.__name__} stops."
    with ThreadPoolExecutor(1) as pool, psycopg.connect(hub.database_url) as blocker:
        blocker.execute("LOCK TABLE audit_auditevent IN EXCLUSIVE MODE")
        asked = pool.submit(hub.post, "/memories", {"text": text})
        until(lambda: hub.query(_WAITING) != [(0,)], "the request to reach the lock")
        process.send(signal.SIGTERM)
        assert not process.wait(1.5), "it waits for the request"
        assert not asked.done()
        blocker.rollback()
        answer = asked.result(30)
    assert answer.status_code == 201
    assert answer.json()["text"] == text
    assert process.wait(30), "then it ends"
    if target is web:
        until(lambda: hub.pid("web") not in (process.pid, None), "the next web process")
