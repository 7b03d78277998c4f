"""SQL statements per endpoint, pinned in `tests/query_counts.json`: more rows, same number.

A changed number fails. When the change is meant, write the new ones and review the difference:

    UPDATE_QUERY_COUNTS=1 make test ARGS="-k query_counts"
"""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actors import of_user
from apps.accounts.services import tokens, users
from apps.curation.models import Screening
from apps.kernel import clock
from apps.memories.services import backlog, evidence
from apps.spaces.services import tree
from tests.api import stage

FILE = Path(__file__).parent.parent / "query_counts.json"
PINNED: dict[str, int] = json.loads(FILE.read_text()) if FILE.exists() else {}
V1 = "/api/v1"
LISTS = (
    *("memories", "agents", "tokens", "outcomes", "spaces"),
    *("candidates", "runs", "policies", "screenings", "decay-runs", "captures"),
)
ONES = {
    "memories": "note in team",
    "memories/{id}/history": "note in team",
    "memories/{id}/provenance": "note in team",
    "memories/{id}/feedback": "note in team",
    "memories/{id}/strength": "note in team",
    "agents": "agent",
    "tokens": "reader's token",
    "outcomes": "outcome",
    "spaces": "team",
    "spaces/{id}/members": "team",
    "candidates": "candidate",
    "runs": "run",
    "policies": "policy",
    "decay-runs": "decay run",
    "captures": "capture",
    "screenings": "disputed mark",
}
POSTS: dict[str, dict[str, Any]] = {
    "memories": {"text": "New."},
    "memories/bulk": {"items": [{"text": f"New {n}."} for n in range(20)]},
    "outcomes": {"task": "t", "success": True, "memory_ids": ["$note in team", "$note in root"]},
    "recall": {"query": "Kept in team?"},
}


@pytest.fixture
def scene(world, write, client_of) -> stage.Stage:
    return stage.build(world, write, client_of)


@pytest.fixture
def more(world, write) -> Callable[[], None]:
    """Makes 20 more of everything that is listed."""

    def _more() -> None:
        for n in range(20):
            note = write(world.alice, f"One more, {n}.")
            Screening.objects.create(
                memory=note, revision=1, codes=["secret.pin"], created_at=clock.now()
            )
            agent = users.create_agent(owner=world.alice, name=f"agent {n}")
            tokens.issue(user=agent, name="n", scopes=["read"])
            tree.settle(
                team=tree.create_team(
                    organisation=world.organisation, name=f"Team {n}", parent=world.root
                ),
                person=world.alice,
            )
            evidence.report_outcome(
                actor=of_user(world.alice), task="t", success=True, memory_ids=[note.public_id]
            )

    return _more


def statements(call: Callable[[], Any]) -> int:
    """SQL statements of one request, savepoints of the test not counted."""
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code < 300, answer.content
    return sum("SAVEPOINT" not in query["sql"] for query in queries)


def check(name: str, count: int) -> None:
    """Compare with the pinned number, or pin it."""
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        PINNED[name] = count
        FILE.write_text(json.dumps(dict(sorted(PINNED.items())), indent=2) + "\n")
    assert count == PINNED.get(name), (
        f"{name} takes {count} SQL statements; tests/query_counts.json says {PINNED.get(name)}. "
        'If that is meant: UPDATE_QUERY_COUNTS=1 make test ARGS="-k query_counts"'
    )


@pytest.mark.parametrize("route", LISTS)
def test_a_list_takes_as_many_statements_for_20_rows_as_for_one(route, scene, more):
    client = scene.clients["alice"]
    few = statements(lambda: client.get(f"{V1}/{route}"))
    more()
    assert statements(lambda: client.get(f"{V1}/{route}")) == few, "one statement per row"
    check(f"GET {V1}/{route}", few)


@pytest.mark.parametrize("route", ONES)
def test_a_single_read_takes_the_pinned_number(route, scene):
    path = route if "{id}" in route else f"{route}/{{id}}"
    url = f"{V1}/{path.replace('{id}', scene.ids[ONES[route]])}"
    check(f"GET {V1}/{path}", statements(lambda: scene.clients["alice"].get(url)))


@pytest.mark.parametrize("route", POSTS)
def test_a_post_takes_the_pinned_number(route, scene):
    body = scene.fill(POSTS[route])
    count = statements(lambda: scene.clients["alice"].post(f"{V1}/{route}", body))
    check(f"POST {V1}/{route}", count)


def test_a_token_costs_its_own_lookup_only(scene):
    client = scene.clients["reader"]
    client.get(f"{V1}/me")  # the first use of the minute is recorded
    check(f"GET {V1}/me by token", statements(lambda: client.get(f"{V1}/me")))


def test_a_bulk_of_200_takes_as_many_statements_as_one_of_20(scene):
    client = scene.clients["alice"]
    backlog.admit(0)  # counted once a second, not by every request
    counts = []
    for size in (20, 200):
        body = {"items": [{"text": f"{size} {n}"} for n in range(size)]}
        counts.append(statements(partial(client.post, f"{V1}/memories/bulk", body)))
    assert counts[0] == counts[1]


def test_every_pinned_number_is_still_measured():
    measured = {f"GET {V1}/{route}" for route in LISTS} | {f"POST {V1}/{route}" for route in POSTS}
    measured |= {f"GET {V1}/{r}" if "{id}" in r else f"GET {V1}/{r}/{{id}}" for r in ONES}
    assert set(PINNED) == measured | {f"GET {V1}/me by token"}
