"""Naming what one may not see, in a body or a filter, answers as if it did not exist."""

import json
import uuid
from typing import Any

import pytest

from apps.memories.models import Memory, Outcome
from tests.api import stage

V1 = "/api/v1"
OTHERS = ("bob", "charlie")
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "write to her personal space": ("memories", {"text": "x", "space": "$personal"}),
    "write in bulk to her personal space": (
        "memories/bulk",
        {"items": [{"text": "x", "space": "$personal"}]},
    ),
    "supersede her note": ("memories", {"text": "x", "supersedes": "$note in personal"}),
    "derive from her note": ("memories", {"text": "x", "derived_from": ["$note in personal"]}),
    "recall from her personal space": (
        "recall",
        {"query": "Kept?", "filters": {"spaces": ["$personal"]}},
    ),
    "issue a token for her agent": (
        "tokens",
        {"name": "n", "scopes": ["read"], "agent": "$agent"},
    ),
    "create a team below her personal space": ("spaces", {"name": "n", "parent": "$personal"}),
}
FILTERS = {
    "space": "personal",
    "author": "alice",
    "owner": "alice",
}


@pytest.fixture
def scene(world, write, client_of) -> stage.Stage:
    built = stage.build(world, write, client_of)
    built.ids["alice"] = str(world.alice.public_id)
    return built


@pytest.mark.parametrize("asker", OTHERS)
@pytest.mark.parametrize("what", BODIES)
def test_an_id_in_a_body_is_unknown_to_others(what, asker, scene):
    route, body = BODIES[what]
    strange = json.loads(json.dumps(body))
    for name, value in body.items():
        if "$" in json.dumps(value):
            strange[name] = json.loads(_with_random_id(json.dumps(value)))
    client = scene.clients[asker]
    there = client.post(f"{V1}/{route}", scene.fill(body))
    not_there = client.post(f"{V1}/{route}", strange)
    assert (there.status_code, there.content) == (not_there.status_code, not_there.content)
    assert there.status_code == 400 or there.json()["failed"] == 1


def _with_random_id(text: str) -> str:
    start = text.index('"$')
    return text[:start] + f'"{uuid.uuid4()}"' + text[text.index('"', start + 1) + 1 :]


@pytest.mark.parametrize("named", FILTERS)
def test_a_filter_by_a_strange_id_finds_nothing(named, scene):
    url = f"{V1}/memories?{named}="
    there = scene.clients["charlie"].get(url + scene.ids[FILTERS[named]])
    not_there = scene.clients["charlie"].get(url + str(uuid.uuid4()))
    assert there.json() == not_there.json() == {"next": None, "previous": None, "results": []}


def test_a_filter_by_author_shows_only_what_is_shared(scene):
    found = scene.clients["bob"].get(f"{V1}/memories?author={scene.ids['alice']}").json()["results"]
    assert {memory["text"] for memory in found} == {
        "Kept in team.",
        "Kept in root.",
        "The lift needs a key after six.",
    }


@pytest.mark.parametrize("route", ["memories", "agents", "tokens", "outcomes", "spaces"])
def test_no_list_of_a_stranger_names_anything_of_hers(route, scene):
    body = scene.clients["charlie"].get(f"{V1}/{route}").content.decode()
    assert not [name for name, value in scene.ids.items() if value in body]


def test_reporting_on_a_memory_tells_nobody_whether_it_exists(scene):
    named = scene.ids["note in personal"]
    answers = []
    for memory_id in (named, str(uuid.uuid4())):
        body = {"task": "t", "success": True, "memory_ids": [memory_id]}
        answer = scene.clients["charlie"].post(f"{V1}/outcomes", body).json()
        assert answer.pop("memory_ids") == [memory_id]
        answers.append({name: answer[name] for name in ("reporter", "task", "success", "kind")})
    assert answers[0] == answers[1]
    outcomes = Outcome.objects.filter(task="t").prefetch_related("uses")
    assert [use.memory_id for outcome in outcomes for use in outcome.uses.all()] == [None, None]


def test_a_colleague_s_report_counts_for_a_memory_that_stays_unreadable(scene):
    note = scene.ids["note in personal"]
    body = {"task": "t", "success": True, "memory_ids": [note]}
    assert scene.clients["bob"].post(f"{V1}/outcomes", body).status_code == 201
    assert Memory.objects.get(public_id=note).outcome_uses.count() == 1
    assert scene.clients["bob"].get(f"{V1}/memories/{note}").status_code == 404


def test_a_stale_etag_on_a_hidden_memory_is_not_found(scene):
    note = scene.ids["note in personal"]
    for method in ("patch", "delete"):
        call = getattr(scene.clients["charlie"], method)
        there = call(f"{V1}/memories/{note}", {"text": "x"}, headers={"If-Match": '"0-1"'})
        other = call(f"{V1}/memories/{uuid.uuid4()}", {"text": "x"}, headers={"If-Match": '"0-1"'})
        assert (there.status_code, there.content) == (404, other.content)
        assert "ETag" not in there


def test_an_idempotency_key_is_a_person_s_own(scene):
    """The same key of two people neither collides nor replays the other's answer."""
    headers = {"Idempotency-Key": "shared"}
    for asker in ("alice", "charlie"):
        answer = scene.clients[asker].post(f"{V1}/memories", {"text": asker}, headers=headers)
        assert (answer.status_code, answer.json()["text"]) == (201, asker)


def test_an_address_of_another_organisation_is_unknown(scene):
    answers = [
        scene.clients["alice"].post(
            f"{V1}/spaces/{scene.ids['team']}/members", {"email": email, "role": "member"}
        )
        for email in ("charlie@example.org", "nobody@example.org")
    ]
    assert answers[0].status_code == 400
    assert answers[0].content == answers[1].content
