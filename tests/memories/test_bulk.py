"""One statement writes three tables: nothing is lost, changed or written for what is repeated."""

import pytest

from apps.memories.models import Memory, MemoryIndex, MemoryRevision
from apps.memories.services import index, memories, storage

URL = "/api/v1/memories"
FULL = {
    "text": 'Full: "quotes", \\back\\slashes, {braces}, 100 % and $1, naïve 東京 🙂\nnext line',
    "kind": "procedure",
    "tags": ["a,b", 'say "hi"', "{x}", "naïve"],
    "metadata": {"deep": {"list": [1, 2.5, None, True, "'"]}, "text": "\\u0041"},
    "session_id": "s'1",
    "importance": 0.1,
    "sensitivity": "restricted",
    "occurred_at": "2024-02-29T23:59:59.123456Z",
    "valid_from": "2024-01-01T00:00:00+02:00",
    "valid_to": "2030-01-01T00:00:00Z",
    "expires_at": "2031-05-06T07:08:09Z",
    "source": "import",
}


def as_stored(public_id):
    """A memory, its revision and its index row as dicts without ids."""
    memory = Memory.objects.get(public_id=public_id)
    revision = MemoryRevision.objects.get(memory=memory)
    row = MemoryIndex.objects.get(memory=memory)
    return memory, revision, row


@pytest.mark.parametrize("path", ["", "/bulk"])
def test_every_field_arrives_as_it_was_sent(world, client_of, path):
    body = FULL if not path else {"items": [FULL]}
    answer = client_of(world.alice).post(URL + path, body).json()
    public_id = answer["items"][0]["id"] if path else answer["id"]
    memory, revision, row = as_stored(public_id)
    shown = client_of(world.alice).get(f"{URL}/{public_id}").json()
    for name, sent in FULL.items():
        if name.endswith("_at") or name.startswith("valid"):
            assert getattr(memory, name).isoformat() == _utc(sent), name
        else:
            assert shown[name] == sent, name
    expected = memories.snapshot(memory, None)
    for field in MemoryRevision._meta.concrete_fields:
        if field.name not in {"id", "recorded_by"}:
            wanted = getattr(expected, field.attname)
            assert getattr(revision, field.attname) == wanted, field.name
    assert revision.recorded_by == world.alice
    for name, value in index._facets(memory).items():
        assert getattr(row, name) == value, name
    analysed = index.lexical(memory)
    assert row.terms.indices() == analysed.terms.indices()
    assert row.terms.values() == pytest.approx(analysed.terms.values())
    assert (row.embedding is None) == bool(path)


def _utc(moment):
    return {
        "2024-02-29T23:59:59.123456Z": "2024-02-29T23:59:59.123456+00:00",
        "2024-01-01T00:00:00+02:00": "2023-12-31T22:00:00+00:00",
        "2030-01-01T00:00:00Z": "2030-01-01T00:00:00+00:00",
        "2031-05-06T07:08:09Z": "2031-05-06T07:08:09+00:00",
    }[moment]


def test_each_item_has_its_own_result(world, client_of, write):
    write(world.alice, "known before")
    items = [
        {"text": "first"},
        {"text": "known  before"},
        {"text": ""},
        {"text": " first"},
        {"text": "shared", "space": str(world.team.public_id)},
        {"text": "elsewhere", "space": str(world.other_team.public_id)},
        {"text": "of a wrong kind", "kind": "rumour"},
    ]
    answer = client_of(world.alice).post(f"{URL}/bulk", {"items": items}).json()
    results = [item["result"] for item in answer["items"]]
    assert results[:3] == ["created", "repeated", "failed"]
    assert results[3:] == ["repeated", "created", "failed", "failed"]
    ids = {item["id"] for item in answer["items"] if item["result"] == "created"}
    assert {str(pk) for pk in Memory.objects.values_list("public_id", flat=True)} >= ids
    assert MemoryRevision.objects.count() == Memory.objects.count() == 1 + len(ids)
    assert MemoryIndex.objects.count() == Memory.objects.count()


def test_a_bulk_is_found_by_its_words_at_once(world, client_of):
    client = client_of(world.alice)
    client.post(f"{URL}/bulk", {"items": [{"text": f"gearbox {n}"} for n in range(30)]})
    found = client.post("/api/v1/recall", {"query": "gearbox 7"}).json()
    assert found["results"][0]["text"] == "gearbox 7"
    assert found["degraded"] == ["dense"]


def test_the_row_given_back_is_the_row_stored(world, write):
    memory = write(world.alice, "as stored")
    fresh = Memory.objects.get(pk=memory.pk)
    for field in Memory._meta.concrete_fields:
        assert getattr(memory, field.attname) == getattr(fresh, field.attname), field.name
    assert not memory._state.adding


def test_a_new_column_cannot_be_forgotten():
    given = {name: source for name, source in storage._INDEX.items() if name != "terms"}
    with pytest.raises(TypeError, match="terms"):
        storage._from_item(MemoryIndex, given)
