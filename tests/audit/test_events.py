"""The audit names who did what by public ids, and never what was said."""

import uuid

from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM, record


def latest(action):
    return AuditEvent.objects.filter(action=action).latest("id")


def test_an_event_names_agent_owner_token_space_and_organisation(world, make_agent, client_of):
    agent, token, plain = make_agent(world.alice)
    body = {"text": "The secret recipe.", "space": str(world.team.public_id)}
    made = client_of(plain).post("/api/v1/memories", body).json()
    event = latest("memory.create")
    assert (event.actor, event.owner) == (agent.public_id, world.alice.public_id)
    assert event.token == token.public_id
    assert event.space == world.team.public_id
    assert event.organisation == world.organisation.public_id
    assert [str(object_id) for object_id in event.object_ids] == [made["id"]]
    assert "recipe" not in str(AuditEvent.objects.filter(pk=event.pk).values().get())


def test_every_kind_of_write_is_recorded(world, client_of):
    client = client_of(world.alice)
    made = client.post("/api/v1/memories", {"text": "a"}).json()
    url = f"/api/v1/memories/{made['id']}"
    client.post("/api/v1/memories", {"text": "a"})
    client.post("/api/v1/memories/bulk", {"items": [{"text": "b"}]})
    client.patch(url, {"text": "c"})
    client.post(f"{url}/confirm")
    client.post(f"{url}/contradict")
    client.delete(url)
    client.post("/api/v1/outcomes", {"task": "t", "success": True})
    token = client.post("/api/v1/tokens", {"name": "n", "scopes": ["read"]}).json()
    client.delete(f"/api/v1/tokens/{token['id']}")
    client.post("/api/v1/agents", {"name": "n"})
    client.post("/api/v1/spaces", {"name": "Red"})
    hers = AuditEvent.objects.filter(actor=world.alice.public_id)
    assert list(hers.order_by("id").values_list("action", flat=True)) == [
        "memory.create",
        "memory.repeat",
        "memory.create",
        "memory.revise",
        "memory.confirm",
        "memory.contradict",
        "memory.retract",
        "outcome.report",
        "token.issue",
        "token.revoke",
        "agent.create",
        "space.create",
        "space.grant",
    ]
    assert set(hers.values_list("organisation", flat=True)) == {world.organisation.public_id}


def test_what_is_invalid_or_not_visible_leaves_no_event(world, client_of):
    before = AuditEvent.objects.count()
    client = client_of(world.bob)
    assert client.post("/api/v1/memories", {"text": ""}).status_code == 400
    assert client.get(f"/api/v1/memories/{uuid.uuid4()}").status_code == 404
    assert client_of(None).get("/api/v1/memories").status_code == 401
    assert AuditEvent.objects.count() == before


def test_reading_an_organisation_s_events_finds_no_other(world, client_of):
    for person in (world.alice, world.charlie):
        client_of(person).post("/api/v1/memories", {"text": "a"})
    found = AuditEvent.objects.of_organisation(world.elsewhere.public_id)
    assert [event.actor for event in found.filter(action="memory.create")] == [
        world.charlie.public_id
    ]


def test_the_hub_s_own_jobs_act_as_nobody(db):
    event = record(action="test.done", by=SYSTEM, detail={"count": 3})
    assert (event.actor, event.owner, event.token, event.detail) == (None, None, None, {"count": 3})
