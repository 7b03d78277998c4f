"""The whole hub, started as a person starts it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memoryhub import embedded, supervisor
from memoryhub.embedded.process import Handle, marked, residents
from memoryhub.fleet import Child, Fleet

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds; only reached when something is broken


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE} s for {what}")
        time.sleep(0.05)


class Hub:
    """A supervisor process with a data folder of its own; its output goes to a file."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "memoryhub.supervisor", *arguments],
                cwd=ROOT,
                env=env | {"MEMORYHUB_VAR": str(self.var)} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        self.process = self.run()
        until(lambda: self.said("ready: web") or self.ended(), "the hub to be ready")
        assert not self.ended(), self.output.read_text()

    def finish(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        return process.wait(PATIENCE), self.output.read_text()

    def said(self, text: str) -> bool:
        return text in self.output.read_text()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def note(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "supervisor.json").read_text()))

    def living(self) -> list[Handle]:
        """Every process of this hub."""
        services = residents(self.var / "postgres", ["postgres"])
        services += residents(self.var / "redis", ["redis-server"])
        return services + marked(f"MEMORYHUB_SUPERVISED={self.var}")

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection(
            self.note["url"].removeprefix("http://"), timeout=10
        )
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def stop(self) -> None:
        if self.process and not self.ended():
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)
        for handle in self.living():
            handle.send(signal.SIGKILL)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def prepared(folder) -> Iterator[Hub]:
    hub = Hub(folder)
    yield hub
    hub.stop()


@pytest.fixture
def hub(prepared: Hub) -> Hub:
    """A running hub; one for all tests here, started again where a test ended it."""
    if prepared.ended():
        prepared.start()
    return prepared


@pytest.mark.slow
def test_it_answers_and_tells_its_secrets_only_once_and_not_to_the_log(hub):
    assert hub.status("/health/live") == 200
    until(lambda: hub.said("curl"), "the welcome")
    welcome = hub.output.read_text()
    token = welcome.partition("Bearer ")[2].split("'")[0]
    assert token.startswith("mh_")
    assert token not in (hub.var / "log" / "hub.log").read_text()


@pytest.mark.slow
def test_a_second_start_says_what_runs_and_touches_nothing(hub):
    before = hub.note
    second = Hub(hub.var.parent)
    second.output = hub.var.parent / "second"
    status, said = second.finish(second.run())
    assert status == 0
    assert before["url"] in said
    assert all(str(pid) in said for pid in before["processes"].values())
    assert hub.note == before
    assert hub.status("/health/live") == 200


@pytest.mark.slow
# PostgreSQL first: what was just started again would meet it on its way up, and end once more
@pytest.mark.parametrize("name", ["postgres", "redis", "web", "worker", "curator", "beat"])
def test_what_crashes_is_started_again_and_said_so(hub, name):
    before = hub.note["processes"]
    os.kill(before[name], signal.SIGKILL)
    until(lambda: hub.note["processes"][name] not in (before[name], None), f"another {name}")
    assert hub.said("ended unexpectedly")
    until(lambda: hub.status("/health/live") == 200, "an answer")
    unharmed = {"web", "worker", "curator", "beat", "redis", "postgres"} - {name}
    harmed = {one for one in unharmed if hub.note["processes"][one] != before[one]}
    assert not harmed, hub.output.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_behind(hub, number):
    everything = hub.living()
    assert len(everything) > 10
    hub.process.send_signal(number)
    status, said = hub.finish(hub.process)
    assert status == 0
    before, stopping, after = said.partition("hub    | stopping")
    assert stopping, before
    assert "Traceback" not in after
    assert f"hub    | stopped; the data stay in {hub.var}" in after
    assert not [handle for handle in everything if handle.alive]
    assert hub.living() == []
    assert embedded.urls(hub.var) is None


@pytest.mark.slow
def test_a_killed_supervisor_takes_all_with_it_and_the_next_start_recovers(hub):
    everything = hub.living()
    hub.process.kill()
    hub.process.wait()
    assert all(handle.wait(PATIENCE) for handle in everything)
    hub.start()
    assert hub.status("/health/live") == 200
    assert not hub.said("applying"), "a later start repeats no work"
    assert not hub.said("collecting")


@pytest.mark.slow
def test_everything_killed_at_once_and_the_next_start_recovers(hub):
    everything = hub.living()
    hub.process.kill()
    for handle in everything:
        handle.send(signal.SIGKILL)
    hub.process.wait()
    assert all(handle.wait(PATIENCE) for handle in everything)
    hub.start()
    assert hub.status("/health/live") == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DATABASE_URL": "postgresql://u:sesame@127.0.0.1:1/x"}, "cannot be used"),
        ({"DATABASE_URL": "postgresql://u:sesame@h:port/x"}, "DATABASE_URL cannot be read"),
        ({"REDIS_URL": "redis://:sesame@127.0.0.1:1/0"}, "does not answer"),
    ],
)
def test_a_wrong_url_is_one_sentence_and_nothing_stays(tmp_path, environment, words):
    hub = Hub(tmp_path)
    status, said = hub.finish(hub.run(**environment))
    assert status == 1
    assert words in said
    assert said.count("\n") == 1
    assert "sesame" not in said
    assert hub.living() == []


def test_a_wanted_port_that_is_taken_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        hub = Hub(tmp_path)
        status, said = hub.finish(hub.run("--port", str(port)))
    assert status == 1
    assert (
        said == f"memoryhub: Cannot listen on port {port} on 127.0.0.1: Address already in use.\n"
    )


def test_without_a_wish_the_next_free_port_is_taken(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(supervisor, "DEFAULT_PORT", port)
        chosen = supervisor.choose_port("127.0.0.1", None)
    assert port < chosen < port + 100


def test_a_port_that_a_starting_hub_has_chosen_is_taken(monkeypatch):
    port = supervisor.choose_port("127.0.0.1", None)
    monkeypatch.setattr(supervisor, "DEFAULT_PORT", port)
    with supervisor.reserve("127.0.0.1", port):
        assert supervisor.choose_port("127.0.0.1", None) > port


def test_a_foreign_address_is_one_sentence():
    with pytest.raises(embedded.ServiceError, match=r"Cannot listen on any port on 203\.0\.113\.1"):
        supervisor.choose_port("203.0.113.1", None)


@pytest.mark.parametrize(
    ("host", "reach"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("10.0.0.5", "10.0.0.5")]
)
def test_the_url_is_one_that_this_machine_can_open(host, reach):
    assert supervisor.parse(["--host", host]).reach == reach


def python(name: str, code: str) -> Child:
    return Child(name, [sys.executable, "-c", code], dict(os.environ), ROOT)


def ticked(fleet: Fleet) -> bool:
    fleet.tick(0.05)
    return True


def test_a_child_that_ignores_the_signal_is_killed_with_its_children(tmp_path, caplog):
    caplog.set_level("INFO")
    code = (
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('grandchild', subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    )
    fleet = Fleet([python("stubborn", code)], hurry=lambda: True)
    fleet.start()
    until(lambda: ticked(fleet) and "grandchild" in caplog.text, "its first line")
    grandchild = Handle.of(int(caplog.records[-1].getMessage().split()[1]))
    assert grandchild
    fleet.stop()
    assert grandchild.wait(10)
    assert "killed" in caplog.text


def test_a_child_that_keeps_crashing_is_started_less_and_less_often(caplog):
    caplog.set_level("INFO")
    fleet = Fleet([python("frail", "print('last words', end='')")])
    fleet.start()
    until(lambda: ticked(fleet) and caplog.text.count("last words") == 2, "a second try")
    until(lambda: ticked(fleet) and "in 2 s" in caplog.text, "a longer pause")
    assert caplog.text.index("in 1 s") < caplog.text.index("in 2 s")
    fleet.stop()


def test_stopping_waits_for_a_child_that_tidies_up(caplog):
    caplog.set_level("INFO")
    code = (
        "import signal, sys, time;"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), print('tidied'), sys.exit()));"
        "print('up', flush=True); time.sleep(600)"
    )
    fleet = Fleet([python("tidy", code)])
    fleet.start()
    until(lambda: ticked(fleet) and "up" in caplog.text, "its first line")
    fleet.stop()
    assert "tidied" in caplog.text
    assert "killed" not in caplog.text


def test_a_patient_child_starts_when_the_others_are_up_or_its_patience_ends(caplog):
    caplog.set_level("INFO")
    first = python("first", "import time; print('first', flush=True); time.sleep(600)")
    second = replace(python("second", "print('second', flush=True)"), patience=600.0)
    third = replace(python("third", "print('third', flush=True)"), patience=0.2)
    fleet = Fleet([second, first, third])
    fleet.start()
    assert (second.pid, third.pid) == (None, None)
    until(lambda: ticked(fleet) and "INFO     third" in caplog.text, "the end of its patience")
    assert second.pid is None
    fleet.hasten()
    until(lambda: ticked(fleet) and "INFO     second" in caplog.text, "the hastened one")
    fleet.stop()
