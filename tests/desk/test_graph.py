"""The graph on the desk: entities and what relates them, merges taken back, claims decided."""

import pytest

from apps.audit.models import AuditEvent
from apps.graph.models import Change, Entity, Relation
from tests.graph.conftest import read_all, related

ENTITIES, CLAIMS = "/desk/graph/entity/", "/desk/graph/relation/"
HOSTILE = "<script>t()</script>\u202e"


@pytest.fixture
def pump(world, write) -> Entity:
    """E-204 in a hall that two people name differently; Dora's own secret about it."""
    since = {"valid_from": "2026-01-01"}
    write(world.alice, "In hall 1.", space=world.team,
          metadata=related("E-204", "located_in", "Hall 1", **since))  # fmt: skip
    write(world.bob, f"In hall 2. {HOSTILE}", space=world.team,
          metadata=related("E-204", "located_in", "Hall 2", **since))  # fmt: skip
    write(world.bob, "It feeds something.", space=world.team,
          metadata=related("E-204", "feeds", HOSTILE))  # fmt: skip
    write(world.dora, "Hidden.", space=world.other_team,
          metadata=related("E-204", "feeds", "Secret line"))  # fmt: skip
    read_all()
    found: Entity = Entity.objects.called("E-204").get()
    return found


def body(answer) -> str:
    assert answer.status_code == 200, answer.content
    text: str = answer.content.decode()
    return text


def test_an_entity_is_shown_as_far_as_the_reviewer_may_know(desk, pump):
    assert "E-204" in body(desk.get(ENTITIES))
    page = body(desk.get(f"{ENTITIES}{pump.public_id}/"))
    for told in ("Hall 1", "Hall 2", "contradicts another", "In hall 1.", "U+202E", "3 relations"):
        assert told in page, told
    for never in ("Secret line", "Hidden.", "<script>t()", "\u202e"):
        assert never not in page, never
    assert "Nothing that you may read relates it" in body(
        desk.get(f"{ENTITIES}{pump.public_id}/", {"as_of": "2025-01-01"})
    )
    german = body(desk.get(f"{ENTITIES}{pump.public_id}/", headers={"Accept-Language": "de"}))
    for told in ("3 Beziehungen", "widerspricht einer anderen", "seit 2026-01-01", "U+202E"):
        assert told in german, told
    seen = AuditEvent.objects.filter(action__in=["entity.read", "memory.read"])
    assert set(seen.values_list("action", flat=True)) == {"entity.read", "memory.read"}


def test_two_names_are_merged_and_taken_apart_again(desk, pump):
    page = f"{ENTITIES}{pump.public_id}/"
    assert desk.post(f"{page}merge", {"other": "Nothing"}).status_code == 400
    assert desk.post(f"{page}merge", {"other": "thing: hall 1"}).status_code == 302
    hall = Entity.objects.called("Hall 1").get()
    assert hall.merged_into == pump
    assert "Undo" in body(desk.get(f"{ENTITIES}{hall.public_id}/"))
    change = Change.objects.get()
    assert desk.post(f"{page}undo/{change.public_id}").status_code == 302
    assert desk.post(f"{page}undo/{change.public_id}").status_code == 409
    hall.refresh_from_db()
    assert hall.merged_into is None


def test_two_things_of_one_name_are_split(desk, pump, world, write):
    other = write(world.alice, "The other E-204 drips.", space=world.team)
    read_all()
    page = f"{ENTITIES}{pump.public_id}/"
    assert desk.post(f"{page}split", {"memories": ["1"]}).status_code == 400
    assert desk.post(f"{page}split", {"memories": [str(other.public_id)]}).status_code == 302
    assert Entity.objects.called("E-204").count() == 2


def test_a_claim_is_decided(desk, pump):
    waiting = Relation.objects.get(status="conflicting")
    assert "Hall 2" in body(desk.get(CLAIMS))
    page = body(desk.get(f"{CLAIMS}{waiting.public_id}/"))
    assert "Hall 1" in page, "what it contradicts"
    assert desk.post(f"{CLAIMS}{waiting.public_id}/decide", {"word": "maybe"}).status_code == 400
    assert desk.post(f"{CLAIMS}{waiting.public_id}/decide", {"word": "accept"}).status_code == 302
    statuses = dict(Relation.objects.values_list("object__normalised", "status"))
    assert (statuses["hall 1"], statuses["hall 2"]) == ("conflicting", "active")
    assert "Hall 1" in body(desk.get(CLAIMS))


def test_who_reviews_nothing_there_sees_and_decides_nothing(desk_of, world, pump):
    assert desk_of(world.charlie).get(f"{ENTITIES}{pump.public_id}/").status_code == 302
    elsewhere = Entity.objects.create(
        organisation=world.elsewhere, type="thing", name="X", normalised="x",
        created_at=pump.created_at,
    )  # fmt: skip
    alice = desk_of(world.alice)
    assert alice.get(f"{ENTITIES}{elsewhere.public_id}/").status_code == 404
    secret = Relation.objects.get(object__normalised="secret line")
    assert alice.get(f"{CLAIMS}{secret.public_id}/").status_code == 404
    assert alice.post(f"{CLAIMS}{secret.public_id}/decide", {"word": "accept"}).status_code == 404
