"""Workers race for a run and are killed in the middle of it: what remains is as after a clean run.

Workers are processes of their own on the test's database; a language model of their own answers
over HTTP, and stalls where the kill is to land.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from apps.curation.models import (
    Candidate,
    Cluster,
    CurationRun,
    Decision,
    Opinion,
    RunState,
    Screening,
)
from apps.curation.services import runs
from apps.kernel import clock
from apps.memories.models import Memory
from tests.curation.conftest import OTHERS, SEAL, Company, found
from tests.curation.test_judging import DENIAL, FACT, by_meaning
from tests.durability.hub import ROOT, until
from tests.providers import model_server
from tests.providers.model_server import ModelServer

HONEST = 2  # requests answered before the model stalls

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def twins(settings: Any) -> tuple[Company, Company]:
    """Two organisations in which the same people said the same."""
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    pair = found("Harrow"), found("Ingram")
    for company in pair:
        tell(company)
    return pair


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Started by the test; none outlives it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


def tell(company: Company) -> None:
    for person, text in enumerate(OTHERS):
        company.say(person, text)
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    for person, text in enumerate(FACT):
        company.say(person, text)
    company.say(3, DENIAL)
    company.say(6, "Deploy password for host6: hunter2-Zq81!")
    proven = company.say(4, "Clean the inlet strainer before you touch the pump on alarm A07.")
    for person in (1, 2, 5):
        company.use(proven, person, times=6)


def start(
    workers: list[subprocess.Popen[bytes]], model: ModelServer | None, *task: str
) -> subprocess.Popen[bytes]:
    """A worker on the test's database; `model` None: without a language model."""
    database = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "memoryhub.settings",
        "DATABASE_URL": database._replace(path=f"/{name}").geturl(),
        "EMBEDDING_MODEL": "local:all-MiniLM-L6-v2",
        "LLM_MODEL": "openai/judge" if model else "",
        "LLM_BASE_URL": model.address if model else "",
        "LLM_API_KEY": "none",
        "LLM_TIMEOUT_SECONDS": "60",
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.durability.curation_worker", *task]
    worker = subprocess.Popen(command, env=environment, cwd=ROOT)
    workers.append(worker)
    return worker


def stalling(after: int) -> tuple[model_server.Manner, threading.Event]:
    """Honest for some requests, then silent; the event says when."""
    stalled = threading.Event()
    answered = [0]

    def manner(asked: model_server.Asked, oracle: model_server.Oracle) -> Any:
        answered[0] += 1
        if answered[0] > after:
            stalled.set()
            return None
        return model_server.honest(asked, oracle)

    return manner, stalled


def state(company: Company) -> dict[str, Any]:
    """Everything a run left, by content: no ids, no moments."""
    said: dict[int, tuple[str, str]] = {
        memory.pk: (memory.owner.name, memory.text)
        for memory in Memory.objects.filter(organisation=company.organisation).select_related(
            "owner"
        )
    }
    clusters = Cluster.objects.filter(organisation=company.organisation)
    decisions = Decision.objects.filter(run__organisation=company.organisation)
    candidates = Candidate.objects.filter(target__organisation=company.organisation)
    shared = Memory.objects.filter(organisation=company.organisation, source="promotion")
    screened = Screening.objects.filter(memory__organisation=company.organisation)
    return {
        "clusters": sorted(
            (
                said[cluster.canonical_id],
                sorted((said[m.memory_id], m.link, m.statement) for m in cluster.members.all()),
            )
            for cluster in clusters
        ),
        "decisions": sorted(
            (
                sorted(said[pk] for pk in decision.inputs["members"]),
                decision.verdict,
                decision.reasons,
                measured(decision),
                decision.target.kind if decision.target else "",
            )
            for decision in decisions.select_related("target")
        ),
        "candidates": sorted(
            (
                candidate.status,
                candidate.text,
                candidate.target.kind,
                sorted((said[m.memory_id], m.link, m.independent) for m in candidate.members.all()),
            )
            for candidate in candidates.select_related("target")
        ),
        "published": sorted(
            (
                memory.text,
                memory.space.kind,
                sorted(said[link.source_memory_id or 0] for link in memory.provenance.all()),
            )
            for memory in shared.select_related("space")
        ),
        "screened": sorted((said[mark.memory_id], mark.codes) for mark in screened),
    }


def measured(decision: Decision) -> str:
    """The signals but for how far apart the notes were written, which is the test's own doing."""
    signals: dict[str, Any] = decision.inputs["signals"]
    return json.dumps({name: signals[name] for name in signals if name != "span_days"}, indent=1)


def fallen_silent(run: CurationRun) -> None:
    """As if its last sign of life were long ago: nobody waits two minutes here."""
    CurationRun.objects.filter(pk=run.pk).update(beat_at=clock.now() - timedelta(minutes=5))


def cleanly(company: Company, workers: list[subprocess.Popen[bytes]], model: ModelServer | None):
    run = runs.queue(organisation=company.organisation)
    assert start(workers, model, "run", str(run.pk)).wait(120) == 0
    run.refresh_from_db()
    assert run.state == RunState.DONE, run.error
    return run


def test_two_race_and_one_is_killed_while_it_asks(twins, workers):
    killed, clean = twins
    run = runs.queue(organisation=killed.organisation)
    with ModelServer(by_meaning) as model:
        model.manner, stalled = stalling(HONEST)
        one = start(workers, model, "run", str(run.pk))
        assert stalled.wait(120)
        other = start(workers, model, "run", str(run.pk))
        assert other.wait(120) == 0  # it leaves the run to the one who has it
        assert one.poll() is None
        assert CurationRun.objects.get(pk=run.pk).state == RunState.RUNNING
        one.send_signal(signal.SIGKILL)
        assert one.wait(60) == -signal.SIGKILL
        assert state(killed)["clusters"] == state(killed)["decisions"] == []
        paid = Opinion.objects.filter(organisation=killed.organisation).count()
        model.asked.clear()
        model.manner = model_server.honest
        resumed(run, workers, model, both=True)
        rest = sum(len(asked.items) for asked in model.asked)
        model.asked.clear()
        cleanly(clean, workers, model)
        whole = sum(len(asked.items) for asked in model.asked)
    assert paid > 0
    assert rest == whole - paid  # nothing is asked twice
    left = state(killed)
    assert left == state(clean)
    assert left["published"]
    assert left["candidates"]
    assert left["screened"]


def resumed(
    run: CurationRun,
    workers: list[subprocess.Popen[bytes]],
    model: ModelServer | None,
    *,
    both: bool,
) -> None:
    """Workers take it over until it is done; what a dead one had open ends with its session."""

    def done() -> bool:
        fallen_silent(run)
        again = [start(workers, model, "resume") for _ in range(2 if both else 1)]
        assert [worker.wait(120) for worker in again] == [0] * len(again)
        run.refresh_from_db()
        return run.state == RunState.DONE

    until(done, "the run to be taken over")


def test_killed_in_the_middle_of_writing_it_leaves_nothing_half_done(twins, workers):
    killed, clean = twins
    run = runs.queue(organisation=killed.organisation)
    with barred("curation_candidatemember"):
        one = start(workers, None, "run", str(run.pk))
        until(lambda: waiting_for("curation_candidatemember"), "the worker to write", 120)
        one.send_signal(signal.SIGKILL)
        assert one.wait(60) == -signal.SIGKILL
    resumed(run, workers, None, both=True)
    cleanly(clean, workers, None)
    left = state(killed)
    assert left == state(clean)
    assert left["candidates"]
    assert CurationRun.objects.filter(organisation=killed.organisation).count() == 1


@contextmanager
def barred(table: str) -> Iterator[None]:
    """Nobody else writes to the table meanwhile."""
    settings = connection.settings_dict
    with psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], password=settings["PASSWORD"],
        host=settings["HOST"], port=settings["PORT"],
    ) as session:  # fmt: skip
        session.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield


def waiting_for(table: str) -> bool:
    """Whether somebody waits to write to the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
        )
        row = cursor.fetchone()
    return bool(row and row[0])
