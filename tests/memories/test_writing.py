"""Remembering through the API: what is acknowledged is kept, once, with its history."""

from apps.memories.models import Confirmation, Memory, MemoryIndex
from apps.spaces.models import Space

LONG_AGO = {"occurred_at": "2020-01-01T00:00:00Z"}


def post(client, url="/api/v1/memories", data=None, **headers):
    return client.post(url, data, format="json", headers=headers)


def test_a_memory_is_kept_in_the_personal_space_and_embedded_at_once(world, client_of):
    answer = post(client_of(world.alice), data={"text": "Drain test water.", "tags": ["winter"]})
    assert answer.status_code == 201
    body = answer.json()
    assert body["space"] == str(world.personal(world.alice).public_id)
    assert body["created"] is True
    assert MemoryIndex.objects.get(memory__public_id=body["id"]).embedding is not None


def test_saying_it_again_confirms_instead_of_doubling(world, client_of):
    client = client_of(world.alice)
    first = post(client, data={"text": "Drain test water."}).json()
    again = post(client, data={"text": "  drain TEST water "})
    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert again.json()["created"] is False
    assert again.json()["corroborated_at"] is not None
    assert Memory.objects.count() == 1


def test_two_authors_saying_the_same_are_two_memories(world, client_of):
    for person in (world.alice, world.bob):
        assert post(client_of(person), data={"text": "Drain test water."}).status_code == 201
    assert Memory.objects.count() == 2


def test_the_same_idempotency_key_gives_the_first_answer_again(world, client_of):
    client = client_of(world.alice)
    first = post(client, data={"text": "One."}, **{"Idempotency-Key": "k1"})
    again = post(client, data={"text": "One."}, **{"Idempotency-Key": "k1"})
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    other = post(client, data={"text": "Two."}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert other.json()["errors"][0]["code"] == "idempotency_mismatch"


def test_a_failed_request_does_not_use_up_its_key(world, client_of):
    client = client_of(world.alice)
    assert post(client, data={"text": ""}, **{"Idempotency-Key": "k"}).status_code == 400
    assert post(client, data={"text": "Now."}, **{"Idempotency-Key": "k"}).status_code == 201


def test_an_empty_idempotency_key_is_refused(world, client_of):
    answer = post(client_of(world.alice), data={"text": "One."}, **{"Idempotency-Key": ""})
    assert answer.status_code == 400
    assert Memory.objects.count() == 0


def test_text_that_postgres_cannot_hold_is_refused(world, client_of):
    for text in ("a\\u0000b", "a\\ud800b"):
        answer = client_of(world.alice).post(
            "/api/v1/memories", f'{{"text": "{text}"}}', content_type="application/json"
        )
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "parse_error"


def test_a_successor_ends_what_it_replaces_but_never_prolongs_it(world, client_of):
    client = client_of(world.alice)
    for ended, expected in (("2021-01-01T00:00:00Z", "2021"), (None, "2023")):
        old = post(client, data={"text": f"Until {expected}.", "valid_to": ended} | LONG_AGO)
        new = {"text": f"After {expected}.", "valid_from": "2023-01-01T00:00:00Z"}
        assert post(client, data=new | {"supersedes": old.json()["id"]}).status_code == 201
        replaced = client.get(f"/api/v1/memories/{old.json()['id']}").json()
        assert replaced["status"] == "superseded"
        assert replaced["valid_to"].startswith(expected)


def test_a_read_only_space_takes_no_evidence(world, client_of):
    client = client_of(world.alice)
    told = post(client, data={"text": "One.", "space": str(world.team.public_id)}).json()
    Space.objects.filter(pk=world.team.pk).update(read_only=True)
    for verb in ("confirm", "contradict"):
        answer = post(client, f"/api/v1/memories/{told['id']}/{verb}", {})
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["code"] == "read_only"
    assert Confirmation.objects.count() == 0


def test_an_edit_is_a_new_revision_and_needs_the_current_etag(world, client_of):
    client = client_of(world.alice)
    created = post(client, data={"text": "Old."})
    url = f"/api/v1/memories/{created.json()['id']}"
    stale = client.patch(url, {"text": "New."}, headers={"If-Match": '"something-else"'})
    assert stale.status_code == 412
    edited = client.patch(url, {"text": "New."}, headers={"If-Match": created["ETag"]})
    assert edited.status_code == 200
    assert edited["ETag"] != created["ETag"]
    history = client.get(f"{url}/history").json()
    assert [(r["number"], r["text"]) for r in history] == [(1, "Old."), (2, "New.")]


def test_bulk_answers_per_item(world, client_of):
    items = [{"text": "a"}, {"text": "A."}, {"text": ""}, {"text": "b", "tags": ["x"] * 51}]
    answer = post(client_of(world.alice), "/api/v1/memories/bulk", {"items": items})
    body = answer.json()
    assert answer.status_code == 200
    assert [item["result"] for item in body["items"]] == ["created", "repeated", "failed", "failed"]
    assert body["items"][3]["error"]["code"] == "limit_exceeded"
    assert body["items"][3]["error"]["attr"] == "tags"


def test_an_atomic_bulk_is_all_or_nothing(world, client_of):
    items = [{"text": "a"}, {"text": ""}]
    answer = post(client_of(world.alice), "/api/v1/memories/bulk", {"items": items, "atomic": True})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"].startswith("items.1")
    assert Memory.objects.count() == 0


def test_limits_name_the_field_and_the_limit(world, client_of):
    client = client_of(world.alice)
    too_long = post(client, data={"text": "é" * 20_000})
    assert too_long.status_code == 422
    assert too_long.json()["errors"][0]["attr"] == "text"
    assert "32,768" in too_long.json()["errors"][0]["detail"]
    too_many = post(
        client, "/api/v1/memories/bulk", {"items": [{"text": str(n)} for n in range(1001)]}
    )
    assert too_many.status_code == 422
    assert "1,000" in too_many.json()["errors"][0]["detail"]
