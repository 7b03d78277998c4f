"""A memory's life: expiry, replacement, retraction, evidence, outcomes, provenance."""

from datetime import timedelta

import pytest

from apps.accounts.actors import of_user
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.memories.models import Memory, MemoryIndex, Status
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.spaces.services import tree

URL = "/api/v1/memories"
START = "2030-01-01T00:00:00Z"


def texts(answer):
    assert answer.status_code == 200, answer.content
    return [memory["text"] for memory in answer.json()["results"]]


@pytest.fixture
def fleeting(world, write, time_machine):
    """A note of Alice that expired a second ago; the job has not run."""
    time_machine.move_to(START, tick=False)
    note = write(world.alice, "Soon gone.", expires_at=clock.now() + timedelta(hours=1))
    time_machine.shift(3601)
    return note


# --- expiry --------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["", "/history", "/provenance"])
def test_what_has_expired_is_not_found_unless_asked_for(part, fleeting, world, client_of):
    url = f"{URL}/{fleeting.public_id}{part}"
    client = client_of(world.alice)
    assert client.get(url).status_code == 404
    assert client.get(f"{url}?expired=true").status_code == 200
    assert client_of(world.bob).get(f"{url}?expired=true").status_code == 404


@pytest.mark.parametrize("verb", ["confirm", "contradict"])
def test_what_has_expired_takes_no_evidence(verb, fleeting, world, client_of):
    assert client_of(world.alice).post(f"{URL}/{fleeting.public_id}/{verb}").status_code == 404
    assert not fleeting.confirmations.exists()


def test_what_has_expired_leaves_the_list_unless_asked_for(fleeting, world, write, client_of):
    write(world.alice, "Here to stay.")
    client = client_of(world.alice)
    assert texts(client.get(URL)) == ["Here to stay."]
    assert texts(client.get(f"{URL}?expired=false")) == ["Here to stay."]
    assert texts(client.get(f"{URL}?expired=true")) == ["Soon gone."]


def test_expiry_comes_to_the_second(world, write, client_of, time_machine):
    time_machine.move_to(START, tick=False)
    note = write(world.alice, "a", expires_at=clock.now() + timedelta(hours=1))
    client = client_of(world.alice)
    time_machine.shift(3599)
    assert client.get(f"{URL}/{note.public_id}").status_code == 200
    time_machine.shift(1)
    assert client.get(f"{URL}/{note.public_id}").status_code == 404


def test_the_job_archives_what_has_expired_once(fleeting, world, write):
    stays = write(world.alice, "b", expires_at=clock.now() + timedelta(days=1))
    assert memories.archive_expired(now=clock.now()) == 1
    assert memories.archive_expired(now=clock.now()) == 0
    fleeting.refresh_from_db()
    stays.refresh_from_db()
    assert (fleeting.status, stays.status) == ("archived", "active")
    assert fleeting.revisions.last().reason == "expired"
    assert MemoryIndex.objects.get(memory=fleeting).status == "archived"


def test_saying_it_again_after_expiry_makes_it_current_again(fleeting, world, client_of):
    client = client_of(world.alice)
    again = client.post(URL, {"text": fleeting.text})
    assert again.status_code == 200
    assert client.get(f"{URL}/{fleeting.public_id}").json()["expires_at"] is None


def test_saying_it_again_in_bulk_after_expiry_makes_it_current_again(fleeting, world, client_of):
    """What is acknowledged can be read: a bulk write is no weaker than a single one."""
    client = client_of(world.alice)
    later = (clock.now() + timedelta(days=1)).isoformat()
    items = [{"text": fleeting.text, "expires_at": later}]
    (item,) = client.post(f"{URL}/bulk", {"items": items}).json()["items"]
    assert item["id"] == str(fleeting.public_id)
    found = client.get(f"{URL}/{fleeting.public_id}")
    assert found.status_code == 200
    assert found.json()["revision"] == 2
    renewed = MemoryIndex.objects.filter(memory=fleeting, expires_at__gt=clock.now())
    assert renewed.exists()


# --- replacement and retraction --------------------------------------------------------------


def test_a_successor_closes_the_valid_time_of_the_old_one(world, write, client_of):
    old = write(world.alice, "The door code is 12.")
    body = {"text": "The door code is 34.", "supersedes": str(old.public_id)}
    body["valid_from"] = (clock.now() + timedelta(days=1)).isoformat()
    client = client_of(world.alice)
    new = client.post(URL, body).json()
    assert new["supersedes"] == str(old.public_id)
    seen = client.get(f"{URL}/{old.public_id}").json()
    assert (seen["status"], seen["valid_to"]) == ("superseded", new["valid_from"])
    assert texts(client.get(URL)) == ["The door code is 34."]
    assert texts(client.get(f"{URL}?status=superseded")) == ["The door code is 12."]


def test_a_memory_is_superseded_once(world, write, client_of):
    old = write(world.alice, "one")
    client = client_of(world.alice)
    statuses = [
        client.post(URL, {"text": text, "supersedes": str(old.public_id)}).status_code
        for text in ("two", "three")
    ]
    assert statuses == [201, 400]
    assert Memory.objects.filter(text="three").count() == 0


def test_a_memory_of_another_space_is_not_superseded(world, write, client_of):
    old = write(world.alice, "one", space=world.team)
    body = {"text": "two", "supersedes": str(old.public_id)}
    assert client_of(world.alice).post(URL, body).status_code == 400
    old.refresh_from_db()
    assert old.status == Status.ACTIVE


def test_a_retracted_memory_leaves_the_list_and_keeps_its_history(world, write, client_of):
    note, client = write(world.alice, "Wrong."), client_of(world.alice)
    url = f"{URL}/{note.public_id}"
    first, again = client.delete(url), client.delete(url)
    assert first.json()["status"] == again.json()["status"] == "retracted"
    assert first["ETag"] == again["ETag"]
    assert texts(client.get(URL)) == []
    assert texts(client.get(f"{URL}?status=retracted")) == ["Wrong."]
    statuses = [revision["status"] for revision in client.get(f"{url}/history").json()]
    assert statuses == ["active", "retracted"]
    assert AuditEvent.objects.filter(action="memory.retract").count() == 1


def test_a_stale_etag_does_not_retract(world, write, client_of):
    note, client = write(world.alice, "a"), client_of(world.alice)
    url = f"{URL}/{note.public_id}"
    assert client.delete(url, headers={"If-Match": '"x"'}).status_code == 412
    assert client.delete(url, headers={"If-Match": f'"x", {note.etag}'}).status_code == 200


@pytest.mark.parametrize("verb", ["patch", "confirm", "contradict"])
def test_a_retracted_memory_takes_no_edit_and_no_evidence(verb, world, write, client_of):
    note, client = write(world.alice, "a"), client_of(world.alice)
    url = f"{URL}/{note.public_id}"
    client.delete(url)
    answer = client.patch(url, {"text": "b"}) if verb == "patch" else client.post(f"{url}/{verb}")
    assert answer.status_code == 409
    assert "retracted" in answer.json()["errors"][0]["detail"]


def test_what_was_retracted_can_be_said_anew(world, write, client_of):
    first = write(world.alice, "a")
    client_of(world.alice).delete(f"{URL}/{first.public_id}")
    assert write(world.alice, "a").pk != first.pk


def test_an_edit_into_what_was_said_already_is_a_conflict(world, write, client_of):
    write(world.alice, "a")
    note = write(world.alice, "b")
    answer = client_of(world.alice).patch(f"{URL}/{note.public_id}", {"text": " A "})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["attr"] == "text"


def test_an_edit_that_changes_nothing_is_no_revision(world, write, client_of):
    note = write(world.alice, "a", tags=("x",))
    answer = client_of(world.alice).patch(f"{URL}/{note.public_id}", {"text": "a", "tags": ["x"]})
    assert answer.json()["revision"] == 1
    assert answer["ETag"] == note.etag


# --- evidence and outcomes -----------------------------------------------------------------------


def test_confirming_moves_corroboration_and_contradicting_does_not(world, write, client_of):
    note, client = write(world.alice, "a", space=world.team), client_of(world.bob)
    url = f"{URL}/{note.public_id}"
    doubt = client.post(f"{url}/contradict", {"note": "Not here."})
    assert (doubt.status_code, doubt.json()["stance"]) == (201, "contradicted")
    assert client.get(url).json()["corroborated_at"] is None
    assert client.post(f"{url}/confirm").status_code == 201
    assert client.get(url).json()["corroborated_at"] is not None
    assert client.get(url)["ETag"] == note.etag, "evidence is no edit"
    people = list(note.confirmations.values_list("person", "stance", "note"))
    assert people == [
        (world.bob.pk, "contradicted", "Not here."),
        (world.bob.pk, "confirmed", ""),
    ]


def test_an_agent_s_evidence_counts_for_its_owner(world, write, client_of, make_agent):
    note = write(world.alice, "a", space=world.team)
    agent, _, plain = make_agent(world.bob)
    client_of(plain).post(f"{URL}/{note.public_id}/confirm")
    confirmation = note.confirmations.get()
    assert (confirmation.user, confirmation.person) == (agent, world.bob)


def test_an_outcome_counts_each_memory_once_and_keeps_unknown_ids(world, write, client_of):
    note = write(world.alice, "a", space=world.team)
    unknown = "00000000-0000-4000-8000-000000000000"
    named = [str(note.public_id), unknown, str(note.public_id)]
    body = {"task": "t", "success": False, "kind": "tests_failed", "memory_ids": named}
    client = client_of(world.bob)
    answer = client.post("/api/v1/outcomes", body)
    assert answer.status_code == 201
    assert answer.json()["memory_ids"] == named[:2]
    assert note.outcome_uses.count() == 1
    (listed,) = client.get("/api/v1/outcomes").json()["results"]
    assert listed == client.get(f"/api/v1/outcomes/{listed['id']}").json()
    assert listed["memory_ids"] == named[:2]


def test_an_outcome_names_up_to_100_memories(world, client_of):
    named = [f"00000000-0000-4000-8000-{n:012}" for n in range(101)]
    client = client_of(world.alice)
    bodies = [{"task": "t", "success": True, "memory_ids": ids} for ids in (named[:100], named)]
    kept, refused = (client.post("/api/v1/outcomes", body) for body in bodies)
    assert (kept.status_code, refused.status_code) == (201, 422)
    error = refused.json()["errors"][0]
    assert error["attr"] == "memory_ids"
    assert "100" in error["detail"]


# --- provenance ----------------------------------------------------------------------------------


def test_provenance_names_the_contributor_but_not_a_source_one_may_not_read(
    world, write, client_of
):
    source = write(world.alice, "My own note.")
    shared = write(world.alice, "Shared.", space=world.team, derived_from=(source.public_id,))
    url = f"{URL}/{shared.public_id}/provenance"
    (hers,) = client_of(world.alice).get(url).json()
    (his,) = client_of(world.bob).get(url).json()
    assert hers["source"] == str(source.public_id)
    assert his["source"] is None
    assert his["contributor"]["name"] == "Alice"
    assert str(source.public_id) not in str(his)


def test_a_source_must_exist_for_who_names_it(world, write):
    hidden = write(world.bob, "Bob's own.")
    draft = Draft(text="x", derived_from=(hidden.public_id,))
    with pytest.raises(Invalid, match="does not exist") as error:
        memories.remember(actor=of_user(world.alice), draft=draft)
    assert error.value.attr == "derived_from"
    assert not Memory.objects.filter(text="x").exists()


def test_one_s_own_confirmation_is_recorded_and_moves_nothing(
    world, write, client_of, make_agent, time_machine
):
    """Neither the author nor an agent of the author is a second witness; a viewer is."""
    note = write(world.alice, "Was here.", space=world.root)
    _, _, plain = make_agent(world.alice)
    for asker in (world.alice, plain):
        assert client_of(asker).post(f"{URL}/{note.public_id}/confirm", {}).status_code == 201
    note.refresh_from_db()
    assert (note.corroborated_at, note.confirmations.count()) == (None, 2)
    answer = client_of(world.dora).post(f"{URL}/{note.public_id}/confirm", {})
    note.refresh_from_db()
    assert answer.status_code == 201
    assert note.corroborated_at == note.confirmations.last().created_at


# --- what was taken back and what was reported -----------------------------------------------


def test_what_was_retracted_is_left_to_its_people_and_the_reviewers(
    world, write, client_of, make_agent
):
    note = write(world.bob, "I should not have said that.", space=world.team)
    tree.settle(team=world.team, person=world.dora)
    memories.retract(actor=of_user(world.bob), memory=note)
    _, _, agent = make_agent(world.bob)

    def seen_by(asker):
        client = client_of(asker)
        parts = ("", "/history", "/provenance")
        codes = {client.get(f"{URL}/{note.public_id}{part}").status_code for part in parts}
        return codes, texts(client.get(f"{URL}?status=retracted"))

    for asker in (world.bob, agent, world.alice):
        assert seen_by(asker) == ({200}, [note.text])
    assert seen_by(world.dora) == ({404}, [])


def test_a_credential_limited_to_spaces_sees_what_its_own_user_reported(
    world, client_of, make_agent
):
    report = {"task": "Told by Alice", "success": True}
    assert client_of(world.alice).post("/api/v1/outcomes", report).status_code == 201
    agent, _, limited = make_agent(world.alice, spaces=[world.team.public_id])
    _, unlimited = tokens.issue(user=agent, name="n", scopes=["read"])
    own = {"task": "Told by the agent", "success": True}
    assert client_of(limited).post("/api/v1/outcomes", own).status_code == 201

    def tasks(asker):
        listed = client_of(asker).get("/api/v1/outcomes").json()["results"]
        return [outcome["task"] for outcome in listed]

    assert tasks(limited) == ["Told by the agent"]
    assert tasks(unlimited) == tasks(world.alice) == ["Told by the agent", "Told by Alice"]
