"""SIGKILL at each step of a run: what another worker makes of the rest is what a clean run makes.

One run is killed again and again, at each step in turn, by workers that are processes of their own.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from apps.accounts.actors import of_user
from apps.consolidation.models import Brief, Proposal
from apps.consolidation.services import policies, runs, steps
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.spaces.models import Space
from apps.spaces.services import tree
from tests.consolidation.conftest import state
from tests.consolidation.test_archivist import TOPIC
from tests.consolidation.test_runs import LIFT
from tests.consolidation.test_synthesis import connecting
from tests.providers.model_server import ModelServer

ROOT = Path(__file__).parents[2]
VALUES = {"min_age_days": 0, "compression": 1.0, "topic_threshold": 0.1, "judge": False}
GATES = ("Gate 4 opens at nine every single working day.",
         "Gate 4 opens at nine each and every working day.")  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def twins(world: Any, write: Any, consolidate: Any) -> tuple[Space, Space]:
    """Two teams with the same past: a merge that has lost a source since, and new things to do."""
    twin = tree.create_team(organisation=world.organisation, name="Twin", parent=world.root)
    for person in (world.alice, world.bob):
        tree.settle(team=twin, person=person, role="curator")
    for space in (world.team, twin):
        policies.change(actor=of_user(world.alice), space=space, values=VALUES, reason="All of it.")
        write(world.alice, LIFT, space=space)
        taken = write(world.bob, LIFT.upper(), space=space)
        consolidate(space)
        memories.retract(actor=of_user(world.bob), memory=Memory.objects.get(pk=taken.pk))
        for number, text in enumerate((*TOPIC, *GATES)):
            write((world.alice, world.bob)[number % 2], text, space=space)
        write(world.bob, f"{TOPIC[0]}!", space=space)
    return world.team, twin


def work(model: ModelServer, *args: str) -> int:
    """How a worker on the test's database ended."""
    database = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "memoryhub.settings",
        "DATABASE_URL": database._replace(path=f"/{name}").geturl(),
        "EMBEDDING_MODEL": "null",
        "LLM_MODEL": "openai/scripted",
        "LLM_BASE_URL": model.address,
        "LLM_API_KEY": "k",
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.consolidation.killed_worker", *args]
    return subprocess.run(command, env=environment, cwd=ROOT, timeout=120, check=False).returncode


def told(space: Space) -> dict[str, Any]:
    """Everything that runs left in a space, without ids and moments."""
    proposals = Proposal.objects.filter(space=space).prefetch_related("sources__memory")
    return {
        "memories": state(space),
        "proposals": sorted(
            (one.kind, one.maker, one.status, one.text, one.reasons, one.figures,
             sorted(source.memory.text for source in one.sources.all()))
            for one in proposals
        ),
        "brief": [claim["text"] for claim in Brief.objects.get(space=space).claims],
    }  # fmt: skip


def test_killed_at_each_step_in_turn_it_ends_like_a_clean_run(twins, model, consolidate):
    model.oracle = connecting
    killed, untouched = twins
    run = runs.queue(space=killed)
    first, *others = (name for name, _ in steps.STEPS)
    for place in (first, "transaction", *others):
        assert work(model, str(run.pk), place) == -signal.SIGKILL, place
        done = [step.name for step in run.steps.all()]
        assert place not in done
        run.refresh_from_db()
        assert run.state == "running"
    assert work(model, str(run.pk)) == 0
    run.refresh_from_db()
    asked = len(model.asked)
    clean = consolidate(untouched)
    assert len(model.asked) == 2 * asked, "nothing was asked twice"
    assert asked == 2, "a summary and a note that connects"
    spent = ("tokens",)  # of the worker that finished: what a killed one spent is in the ledger
    for counts in (run.counts, clean.counts):
        for step in counts.values():
            for name in spent:
                step.pop(name, None)
    assert (run.state, run.counts) == (clean.state, clean.counts)
    assert told(killed) == told(untouched)
    assert clean.counts["follow"]["undone"] == 1
    assert clean.counts["duplicates"] == {"merged": 2, "into": 1}
    kinds = {kind for kind, *_ in told(untouched)["proposals"]}
    assert {"merge", "summary", "synthesis"} <= kinds
