"""A read-only space or organisation refuses every write path, and says why."""

import json

import pytest

from apps.curation.models import Policy
from apps.memories.models import Memory, Outcome
from apps.spaces.models import Organisation, Space
from apps.spaces.services import grants

V1 = "/api/v1"
WRITES = {
    "remember": ("post", "memories", {"text": "x", "space": "$team"}),
    "atomic bulk": (
        "post",
        "memories/bulk",
        {"items": [{"text": "x", "space": "$team"}], "atomic": True},
    ),
    "edit": ("patch", "memories/$note", {"text": "x"}),
    "retract": ("delete", "memories/$note", {}),
    "confirm": ("post", "memories/$note/confirm", {}),
    "contradict": ("post", "memories/$note/contradict", {}),
}
ORGANISATION_WRITES = {
    **WRITES,
    "remember in the personal space": ("post", "memories", {"text": "x"}),
    "report an outcome": ("post", "outcomes", {"task": "t", "success": True}),
    "start a run": ("post", "runs", {}),
    "found a team": ("post", "spaces", {"name": "Red"}),
    "found a team below one": ("post", "spaces", {"name": "Red", "parent": "$team"}),
    "place a person": (
        "post",
        "spaces/$team/members",
        {"email": "dora@example.org", "role": "member"},
    ),
    "remove a person": ("post", "spaces/$team/members", {"email": "bob@example.org", "role": ""}),
    "change a policy": ("post", "policies", {"space": "$team", "values": {}, "reason": "r"}),
}


@pytest.fixture
def refused(world, write, client_of):
    """`refused(write)` asserts that Alice's request is a 409 read_only and changes nothing."""
    note = write(world.alice, "Was here.", space=world.team)
    ids = {"$team": str(world.team.public_id), "$note": str(note.public_id)}

    def _refused(what):
        method, path, body = what
        body = json.loads(json.dumps(body).replace("$team", ids["$team"]))
        call = getattr(client_of(world.alice), method)
        for name, public_id in ids.items():
            path = path.replace(name, public_id)
        answer = call(f"{V1}/{path}", body)
        assert answer.status_code == 409, answer.content
        (error,) = answer.json()["errors"]
        assert error["code"] == "read_only"
        assert "nothing was written" in error["detail"] or "no run was started" in error["detail"]
        assert [(m.text, m.revision) for m in Memory.objects.all()] == [("Was here.", 1)]
        assert not Outcome.objects.exists()
        assert not note.confirmations.exists()
        assert not Policy.objects.exists()
        assert Space.objects.filter(kind="team").count() == 2
        assert [person.name for person, _ in grants.members(world.team)] == ["Alice", "Bob"]

    return _refused


@pytest.mark.parametrize("what", WRITES)
def test_a_read_only_space(what, refused, world):
    Space.objects.filter(pk=world.team.pk).update(read_only=True)
    refused(WRITES[what])


@pytest.mark.parametrize("what", ORGANISATION_WRITES)
def test_a_read_only_organisation(what, refused, world):
    Organisation.objects.filter(pk=world.organisation.pk).update(read_only=True)
    refused(ORGANISATION_WRITES[what])


def test_a_bulk_tells_it_per_item(world, client_of):
    Space.objects.filter(pk=world.team.pk).update(read_only=True)
    items = [{"text": "x", "space": str(world.team.public_id)}, {"text": "y"}]
    answer = client_of(world.alice).post(f"{V1}/memories/bulk", {"items": items}).json()
    assert [item["result"] for item in answer["items"]] == ["failed", "created"]
    assert answer["items"][0]["error"]["code"] == "read_only"


def test_a_repeated_write_is_a_write(world, write, client_of):
    write(world.alice, "Was here.", space=world.team)
    Space.objects.filter(pk=world.team.pk).update(read_only=True)
    body = {"text": "Was here.", "space": str(world.team.public_id)}
    assert client_of(world.alice).post(f"{V1}/memories", body).status_code == 409


def test_reading_goes_on(world, write, client_of):
    note = write(world.alice, "Was here.", space=world.team)
    Organisation.objects.filter(pk=world.organisation.pk).update(read_only=True)
    client = client_of(world.bob)
    assert client.get(f"{V1}/memories/{note.public_id}").status_code == 200
    assert client.post(f"{V1}/recall", {"query": "here"}).status_code == 200


def test_credentials_can_still_be_made_and_revoked(world, client_of):
    Organisation.objects.filter(pk=world.organisation.pk).update(read_only=True)
    client = client_of(world.alice)
    assert client.post(f"{V1}/agents", {"name": "a"}).status_code == 201
    made = client.post(f"{V1}/tokens", {"name": "t", "scopes": ["read"]})
    assert made.status_code == 201
    assert client.delete(f"{V1}/tokens/{made.json()['id']}").status_code == 200
