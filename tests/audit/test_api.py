"""`/audit` is for auditors and administrators of the organisation, and tells of no other."""

import pytest

from apps.audit.models import AuditEvent
from apps.audit.services import keys, seals
from apps.kernel import clock
from apps.spaces.models import Membership

V1 = "/api/v1/audit"


@pytest.fixture
def auditor(world):
    Membership.objects.filter(person=world.dora).update(role="auditor")
    return world.dora


def test_an_auditor_reads_the_organisation_s_events_and_no_other(auditor, world, write, client_of):
    mine, other = write(world.alice, "a"), write(world.charlie, "b")
    client = client_of(auditor)
    found = client.get(V1, {"page_size": 200}).json()["results"]
    told = {each for event in found for each in event["object_ids"]}
    assert str(mine.public_id) in told
    assert str(other.public_id) not in told
    ids = [event["id"] for event in found]
    hers = AuditEvent.objects.of_organisation(world.organisation.public_id)
    hers = hers.exclude(action="audit.read")  # what this answer leaves itself
    assert ids == [str(one) for one in hers.order_by("-id").values_list("public_id", flat=True)]
    assert client.get(f"{V1}/{ids[0]}").json()["id"] == ids[0]
    strange = AuditEvent.objects.of_organisation(world.elsewhere.public_id).latest("id")
    assert client.get(f"{V1}/{strange.public_id}").status_code == 404


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_who_audits(role, world, client_of):
    Membership.objects.filter(person=world.alice).update(role=role)
    for path in ("", "/seals", "/verify"):
        assert client_of(world.alice).get(f"{V1}{path}").status_code == 200
        assert client_of(world.bob).get(f"{V1}{path}").status_code == 403


def test_an_auditor_s_agent_does_not_audit(auditor, make_agent, client_of):
    _, _, plain = make_agent(auditor)
    assert client_of(plain).get(V1).status_code == 403


def test_events_are_found_by_who_what_where_and_when(auditor, world, write, client_of):
    note = write(world.alice, "a", space=world.team)
    other = write(world.bob, "b")
    event = AuditEvent.objects.get(object_ids=[note.public_id])
    client = client_of(auditor)
    for query in (
        {"object": note.public_id},
        {"actor": world.alice.public_id, "action": "memory.create"},
        {"owner": world.alice.public_id, "action": "memory.create"},
        {"space": world.team.public_id, "action": "memory.create"},
        {"since": event.created_at.isoformat(), "action": "memory.create", "actor": event.actor},
    ):
        found = client.get(V1, query).json()["results"]
        assert [each["id"] for each in found] == [str(event.public_id)], query
    before = client.get(V1, {"until": event.created_at.isoformat()}).json()["results"]
    assert not {str(note.public_id), str(other.public_id)} & {
        each for one in before for each in one["object_ids"]
    }
    assert client.get(V1, {"object": "no id"}).status_code == 400


def test_the_seals_and_how_they_stand(auditor, world, write, client_of):
    write(world.bob, "first")
    client = client_of(auditor)
    empty = client.get(f"{V1}/verify").json()
    assert (empty["seal"], empty["signature"]) == (None, None)
    assert empty["unsealed"] == 1
    first = seals.seal(now=clock.now())
    write(world.charlie, "b")  # of another organisation: not counted
    write(world.alice, "a")
    assert first is not None
    told = client.get(f"{V1}/verify").json()
    assert told["seal"]["hash"] == first.hash.hex()
    assert (told["signature"], told["unsealed"]) == ("valid", 1)
    second = seals.seal(now=clock.now())
    assert second is not None
    listed = client.get(f"{V1}/seals").json()
    assert [seal["number"] for seal in listed] == [2, 1]
    assert listed[0]["previous"] == listed[1]["hash"]
    assert listed[0]["key"] == keys.signer().id


def test_a_forged_signature_shows(auditor, sealed, tamper, client_of):
    tamper("UPDATE audit_seal SET signature = sha512('x') WHERE number = 3")
    assert client_of(auditor).get(f"{V1}/verify").json()["signature"] == "forged"
