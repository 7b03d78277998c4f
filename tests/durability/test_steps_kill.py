"""Distilling and decay, killed at each of their steps: what remains is as after a clean run.

A worker in a process of its own comes to a step and waits there, because the test holds a lock or
the model stays silent; then it is killed.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.captures.models import Capture, CaptureChunk
from apps.captures.services import captures, distilling
from apps.captures.services.captures import About
from apps.decay.models import DecayMove, DecayRun
from apps.decay.services import moving, runs
from apps.kernel import clock
from apps.memories.models import Confirmation, Memory, MemoryRevision
from apps.usage.models import ModelCall
from tests.conftest import World
from tests.durability.hub import ROOT, until
from tests.providers.model_server import Asked, Json, ModelServer, Oracle, honest

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FACTS = ("pump", "valve", "gasket", "filter", "boiler")
TALK = "".join(f"User: We decided to keep the old {fact}.\nAssistant: Noted.\n" for fact in FACTS)


def oracle(task: str, item: Json) -> Json:
    return {
        "statements": [
            {"what": "decision", "text": source["text"][7:], "cites": [source["id"]]}
            for source in item["sources"]
            if "We decided" in source["text"]
        ]
    }


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    with ModelServer(oracle) as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/distiller", server.address
        settings.LLM_API_KEY, settings.LLM_TIMEOUT_SECONDS = "k", 60
        yield server


@contextmanager
def at_work(model: ModelServer | None, *task: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the test's database, killed by SIGKILL at the end of the block."""
    database = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "memoryhub.settings",
        "DATABASE_URL": database._replace(path=f"/{name}").geturl(),
        "EMBEDDING_MODEL": "null",
        "LLM_MODEL": "openai/distiller" if model else "",
        "LLM_BASE_URL": model.address if model else "",
        "LLM_API_KEY": "k",
        "LLM_TIMEOUT_SECONDS": "60",
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.durability.steps_worker", *task]
    worker = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        yield worker
        assert worker.poll() is None, "it came to an end before the kill"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


@contextmanager
def session() -> Iterator[psycopg.Connection[Any]]:
    """Another one, whose locks go with the block."""
    values = connection.settings_dict
    with psycopg.connect(
        dbname=values["NAME"], user=values["USER"], password=values["PASSWORD"],
        host=values["HOST"], port=values["PORT"],
    ) as other:  # fmt: skip
        yield other
        other.rollback()


@contextmanager
def barred(statement: str) -> Iterator[Callable[[], None]]:
    """Whoever comes to what the statement locks waits there; call what it gives to await that."""
    with session() as other:
        other.execute(statement)
        pid = other.info.backend_pid
        yield lambda: until(lambda: _blocked_by(pid), "the worker to come to the lock", 60)


def _blocked_by(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)))",
            [pid],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


# --- captures ---------------------------------------------------------------------------------


def hand_over(world: World) -> None:
    captures.capture(actor=of_user(world.alice), data=TALK.encode(), about=About())


def cut() -> None:
    distilling._cut_next()


def distilled() -> dict[str, Any]:
    """What distilling left, by content: no ids, no moments."""
    return {
        "texts": sorted(Memory.objects.values_list("text", "status", "revision")),
        "revisions": MemoryRevision.objects.count(),
        "confirmations": Confirmation.objects.count(),
        "captures": list(Capture.objects.values_list("state", flat=True)),
        "chunks": list(
            CaptureChunk.objects.values_list(
                "state", "cursor", "counts", "found", "made_by", "error"
            )
        ),
        "events": AuditEvent.objects.filter(action="capture.distil").count(),
    }


def finish() -> None:
    """Another worker takes over; nobody waits for the lease of the dead one here."""
    CaptureChunk.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))
    while distilling.distil():
        continue


Bar = Callable[[], AbstractContextManager[Callable[[], None]]]


def table(name: str) -> Bar:
    return lambda: barred(f"LOCK TABLE {name} IN EXCLUSIVE MODE")


CAPTURE_STEPS: dict[str, tuple[bool, Bar]] = {
    "cutting": (False, table("captures_capturechunk")),
    "claiming": (True, table("captures_capturechunk")),
    "writing": (True, table("memories_memory")),
    "ending": (True, table("captures_capture")),
}


@pytest.fixture
def clean(world: World, model: ModelServer) -> dict[str, Any]:
    """What a run leaves that nobody kills."""
    with transaction.atomic():
        point = transaction.savepoint()
        hand_over(world)
        finish()
        left = distilled()
        transaction.savepoint_rollback(point)
    assert len(left["texts"]) == len(FACTS)
    assert left["captures"] == ["done"]
    model.asked.clear()
    return left


@pytest.mark.parametrize("step", CAPTURE_STEPS)
def test_distilling_killed_at_a_step_ends_as_a_clean_one(step, world, model, clean):
    cut_before, bar = CAPTURE_STEPS[step]
    hand_over(world)
    if cut_before:
        cut()
    with bar() as reached, at_work(model, "captures"):
        reached()
    finish()
    assert distilled() == clean


@pytest.mark.parametrize("step", ["asking", "keeping"])
def test_distilling_killed_around_the_model_ends_as_a_clean_one(step, world, model, clean):
    hand_over(world)
    cut()
    asked = threading.Event()
    with session() as other, at_work(model, "captures"):

        def manner(question: Asked, told: Oracle) -> Any:
            if step == "keeping":  # its answer comes, and cannot be kept
                other.execute("LOCK TABLE captures_capturechunk IN EXCLUSIVE MODE")
            asked.set()
            return honest(question, told) if step == "keeping" else None

        model.manner = manner
        assert asked.wait(60)
        if step == "keeping":
            until(lambda: _blocked_by(other.info.backend_pid), "it to keep the answer", 60)
    model.manner = honest
    finish()
    assert distilled() == clean
    # PostgreSQL may still carry out the statement that a dead client waited for: then nothing is
    # asked twice
    answered = ModelCall.objects.filter(outcome="answered").count()
    assert answered in ({1} if step == "asking" else {1, 2})


# --- decay ------------------------------------------------------------------------------------


def age(aged: Any, world: World) -> list[Memory]:
    return [aged(world.alice, f"Old fact on the {fact}.", 430) for fact in FACTS]


def moved(run: DecayRun) -> dict[str, Any]:
    """What a run left, by content."""
    run.refresh_from_db()
    rows = Memory.objects.order_by("text").values_list("text", "status", "revision")
    return {
        "run": (run.state, run.counts),
        "texts": list(rows),
        "revisions": MemoryRevision.objects.count(),
        "moves": list(
            DecayMove.objects.order_by("memory__text").values_list("memory__text", "reason")
        ),
    }


def resumed(run: DecayRun) -> None:
    def done() -> bool:  # what a dead worker had open ends with its session
        DecayRun.objects.filter(pk=run.pk).update(beat_at=clock.now() - timedelta(minutes=5))
        runs.resume()
        run.refresh_from_db()
        return run.state not in {"queued", "running", "undoing"}

    until(done, "the run to be taken over", 60)


DECAY_STEPS: dict[str, Callable[[list[Memory]], str]] = {
    "beginning": lambda _notes: "LOCK TABLE decay_decayrun IN EXCLUSIVE MODE",
    "first batch": lambda _notes: "LOCK TABLE decay_decaymove IN EXCLUSIVE MODE",
    "later batch": lambda notes: (
        f"SELECT FROM memories_memoryindex WHERE memory_id = {notes[2].pk} FOR UPDATE"
    ),
    "recording": lambda _notes: "LOCK TABLE audit_auditevent IN EXCLUSIVE MODE",
}


@pytest.mark.parametrize("step", DECAY_STEPS)
def test_decay_killed_at_a_step_ends_as_a_clean_one(step, world, aged, monkeypatch):
    monkeypatch.setattr(moving, "BATCH", 2)
    notes = age(aged, world)
    run = runs.queue(organisation=world.organisation)
    with barred(DECAY_STEPS[step](notes)) as reached, at_work(None, "decay", str(run.pk)):
        reached()
    resumed(run)
    assert moved(run) == {
        "run": ("done", {"memories": 5, "archived": {"fact": {"decay.faded": 5}}, "kept": {}}),
        "texts": [(f"Old fact on the {fact}.", "archived", 2) for fact in sorted(FACTS)],
        "revisions": 10,
        "moves": [(f"Old fact on the {fact}.", "decay.faded") for fact in sorted(FACTS)],
    }


def test_an_undo_killed_in_its_second_batch_ends_as_a_clean_one(world, aged, monkeypatch):
    monkeypatch.setattr(moving, "BATCH", 2)
    notes = age(aged, world)
    run = runs.execute(run_id=runs.queue(organisation=world.organisation).pk)
    with transaction.atomic():
        runs.undoing(run=run)
    lock = f"SELECT FROM memories_memory WHERE id = {notes[2].pk} FOR UPDATE"
    with barred(lock) as reached, at_work(None, "decay", str(run.pk)):
        reached()
    assert DecayMove.objects.standing().count() == 3
    resumed(run)
    left = moved(run)
    assert (run.state, run.counts["restored"], run.counts["left"]) == ("undone", 5, 0)
    assert left["texts"] == [(f"Old fact on the {fact}.", "active", 3) for fact in sorted(FACTS)]
