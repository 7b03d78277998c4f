"""Who read what: one event per answer, with the ids that were in it."""

import pytest

from apps.audit.models import AuditEvent
from apps.recall.models import RecallUse
from tests.audit.conftest import without_room


def reads():
    found = AuditEvent.objects.filter(action__endswith=".read").order_by("id")
    return [
        (one.action, one.detail["view"], {str(each) for each in one.object_ids}) for one in found
    ]


def test_every_answer_with_memories_leaves_one_event(world, write, client_of):
    notes = {str(write(world.alice, text).public_id) for text in ("a", "b")}
    one = min(notes)
    client = client_of(world.alice)
    for path in ("", f"/{one}", f"/{one}/history", f"/{one}/provenance", f"/{one}/feedback"):
        assert client.get(f"/api/v1/memories{path}").status_code == 200
    assert client.head(f"/api/v1/memories/{one}").status_code == 200
    assert reads() == [
        ("memory.read", "list", notes),
        *[("memory.read", view, {one}) for view in ("retrieve", "history", "provenance")],
        *[("memory.read", "retrieve", {one})] * 2,
    ]
    last = AuditEvent.objects.latest("id")
    assert (last.actor, last.organisation) == (
        world.alice.public_id,
        world.organisation.public_id,
    )


def test_outcomes_are_recorded_too(world, client_of):
    client = client_of(world.alice)
    made = client.post("/api/v1/outcomes", {"task": "t", "success": True}).json()
    client.get("/api/v1/outcomes")
    client.get(f"/api/v1/outcomes/{made['id']}")
    assert reads() == [
        ("outcome.read", "list", {made["id"]}),
        ("outcome.read", "retrieve", {made["id"]}),
    ]


def test_a_recall_leaves_its_use_and_its_event_or_neither(world, write, make_agent, client_of):
    note = write(world.alice, "The lift is out of order.")
    agent, token, plain = make_agent(world.alice)
    answer = client_of(plain).post("/api/v1/recall", {"query": "lift order"}).json()
    event = AuditEvent.objects.get(action="memory.recall")
    assert event.object_ids == [note.public_id]
    assert event.detail == {"recall": answer["recall_id"]}
    assert (event.actor, event.owner, event.token) == (
        agent.public_id,
        world.alice.public_id,
        token.public_id,
    )
    assert "lift" not in str(AuditEvent.objects.filter(pk=event.pk).values().get())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["list", "recall"])
def test_without_a_record_there_is_no_answer(what, world, write, client_of):
    """The audit table cannot be written to: the reader is told to come back, and reads nothing."""
    write(world.alice, "The lift is out of order.")
    client = client_of(world.alice)
    client.raise_request_exception = False
    with without_room():
        if what == "list":
            answer = client.get("/api/v1/memories")
        else:
            answer = client.post("/api/v1/recall", {"query": "lift"})
    assert answer.status_code == 503
    assert "lift" not in answer.content.decode()
    assert not RecallUse.objects.exists()
