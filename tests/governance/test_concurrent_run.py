"""A curation run in another process, in the middle of its work, brings nothing back."""

import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from apps.curation.models import Candidate, CurationRun, RunState
from apps.curation.services import runs
from apps.governance.models import JobState
from apps.governance.services import erasures, residue
from apps.memories.models import Memory
from tests.curation.conftest import OTHERS, SEAL, found
from tests.curation.test_judging import FACT, by_meaning
from tests.durability.hub import until
from tests.durability.test_curation_kill import start
from tests.providers import model_server
from tests.providers.model_server import ModelServer

NEEDLE = "zqvornholt"  # a place that nobody else ever names

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.fixture
def company(settings: Any) -> Any:
    """Three people say one fact, person 1 with a word of their own; others say another."""
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    made = found("Harrow")
    for person, text in enumerate(OTHERS):
        made.say(person, text)
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        made.say(person, f"{text} Also at {NEEDLE}." if person == 1 else text)
    for person, text in zip((1, 2, 5), FACT, strict=True):
        made.say(person, f"{text} So says {NEEDLE}." if person == 1 else text)
    return made


def test_a_run_under_way_resurrects_nothing(company, workers):
    gate, reached = threading.Event(), threading.Event()

    def manner(asked: model_server.Asked, oracle: model_server.Oracle) -> Any:
        reached.set()
        assert gate.wait(120)
        return model_server.honest(asked, oracle)

    run = runs.queue(organisation=company.organisation)
    with ModelServer(by_meaning) as model:
        model.manner = manner
        worker = start(workers, model, "run", str(run.pk))
        assert reached.wait(120)
        erasure = erasures.queue(
            organisation=company.organisation, person=company.people[1], reason="Asked."
        )
        waiting = erasures.execute(erasure_id=erasure.pk)
        assert waiting.state == JobState.QUEUED, "it waits for the run"
        assert CurationRun.objects.get(pk=run.pk).state == RunState.RUNNING
        gate.set()
        assert worker.wait(120) == 0
        assert erasures.resume() == 1
        erasure.refresh_from_db()
        assert erasure.state == JobState.DONE
        assert residue.tables_with(NEEDLE) == {}
        again = runs.queue(organisation=company.organisation)
        assert start(workers, model, "run", str(again.pk)).wait(120) == 0
    again.refresh_from_db()
    assert again.state == RunState.DONE, again.error
    assert residue.tables_with(NEEDLE) == {}
    assert not Memory.objects.filter(owner=company.people[1]).exclude(status="erased").exists()
    shown = Candidate.objects.exclude(text="")
    assert not shown.filter(members__person=company.people[1]).exists()


def test_no_run_starts_while_an_erasure_is_under_way(company, workers):
    erasure = erasures.queue(
        organisation=company.organisation, person=company.people[1], reason="Asked."
    )
    run = runs.queue(organisation=company.organisation)
    tried: list[int] = []

    def told(_step: str, _done: int) -> None:
        if not tried:
            tried.append(start(workers, None, "run", str(run.pk)).wait(120))
            assert CurationRun.objects.get(pk=run.pk).state == RunState.QUEUED

    erasures.execute(erasure_id=erasure.pk, told=told)
    assert tried == [0]
    assert residue.tables_with(NEEDLE) == {}
    until(lambda: start(workers, None, "run", str(run.pk)).wait(120) == 0, "the run", 60)
    assert CurationRun.objects.get(pk=run.pk).state == RunState.DONE
    assert residue.tables_with(NEEDLE) == {}
