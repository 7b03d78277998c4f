"""Rotation: two secrets for a while, both on record; never more than the old one might."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AgentToken
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.kernel import clock
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import Space

ME = "/api/v1/me"


@pytest.fixture
def at(time_machine):
    """`at(minutes)` after noon."""
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)

    def _at(minutes: float) -> None:
        time_machine.move_to(noon + timedelta(minutes=minutes), tick=False)

    _at(0)
    return _at


def rotate(client, token, **body):
    return client.post(f"/api/v1/tokens/{token.public_id}/rotate", body)


def test_both_work_for_the_overlap_and_then_only_the_new_one(at, world, make_agent, client_of):
    agent, old, before = make_agent(world.alice, spaces=[world.team.public_id], rate_limit=50)
    answer = rotate(client_of(world.alice), old, overlap_minutes=10)
    assert answer.status_code == 201, answer.content
    made, after = answer.json(), answer.json()["token"]
    assert made["replaces"] == str(old.public_id)
    assert made["user"]["id"] == str(agent.public_id)
    assert (made["scopes"], made["spaces"]) == (["read", "write"], [str(world.team.public_id)])
    assert (made["name"], made["rate_limit"], made["expires_at"]) == (old.name, 50, None)
    at(9.9)
    assert [client_of(each).get(ME).status_code for each in (before, after)] == [200, 200]
    at(10)
    assert [client_of(each).get(ME).status_code for each in (before, after)] == [401, 200]


def test_one_event_names_both(world, make_agent, client_of):
    _, old, _ = make_agent(world.alice)
    new = AgentToken.objects.get(
        public_id=rotate(client_of(world.alice), old, overlap_minutes=10).json()["id"]
    )
    event = AuditEvent.objects.get(action="token.rotate")
    assert event.object_ids == [old.public_id, new.public_id]
    assert event.detail == {"overlap_minutes": 10}
    assert event.actor == world.alice.public_id
    assert new.digest != old.digest


def test_without_overlap_the_old_one_stops_at_once(world, make_agent, client_of):
    _, old, before = make_agent(world.alice)
    after = rotate(client_of(world.alice), old, overlap_minutes=0).json()["token"]
    assert [client_of(each).get(ME).status_code for each in (before, after)] == [401, 200]
    old.refresh_from_db()
    assert old.revoked_at is not None


def test_the_overlap_does_not_prolong_the_old_one(at, alice, make_agent):
    ends = clock.now() + timedelta(minutes=5)
    _, old, before = make_agent(alice, expires_at=ends)
    new, after = tokens.rotate(token=old, by=SYSTEM, overlap=timedelta(hours=1))
    assert new.expires_at == ends, "made as long as the old one was given: five minutes from now"
    at(5)
    assert tokens.verify(before) is None
    assert tokens.verify(after) is None


def test_the_new_one_is_given_as_long_a_life(at, alice, make_agent):
    _, old, _ = make_agent(alice, expires_at=clock.now() + timedelta(days=30))
    at(60 * 24 * 20)
    new, _ = tokens.rotate(token=old, by=SYSTEM)
    assert new.expires_at == clock.now() + timedelta(days=30)


@pytest.mark.parametrize("minutes", [-1, 10081])
def test_an_overlap_lies_between_nothing_and_a_week(minutes, world, make_agent, client_of):
    _, old, _ = make_agent(world.alice)
    answer = rotate(client_of(world.alice), old, overlap_minutes=minutes)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "overlap_minutes"
    with pytest.raises(Invalid, match="overlap"):
        tokens.rotate(token=old, by=SYSTEM, overlap=timedelta(minutes=minutes))
    assert AgentToken.objects.count() == 1


def test_what_has_ended_or_was_rotated_is_not_rotated(at, alice, make_agent):
    _, old, _ = make_agent(alice)
    new, _ = tokens.rotate(token=old, by=SYSTEM)
    with pytest.raises(Conflict, match="replaces it"):
        tokens.rotate(token=old, by=SYSTEM)
    tokens.revoke(token=new, by=SYSTEM)
    with pytest.raises(Conflict, match="ended"):
        tokens.rotate(token=new, by=SYSTEM)
    _, expired, _ = make_agent(alice, expires_at=clock.now() + timedelta(minutes=1))
    at(1)
    with pytest.raises(Conflict, match="ended"):
        tokens.rotate(token=expired, by=SYSTEM)


def test_the_database_knows_one_successor(alice, make_agent):
    _, old, _ = make_agent(alice)
    tokens.rotate(token=old, by=SYSTEM)
    _, other, _ = make_agent(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgentToken.objects.filter(pk=other.pk).update(replaces=old)


def test_a_token_rotated_by_one_that_asks_ends_with_it(world, client_of):
    asker, plain = tokens.issue(user=world.alice, name="a", scopes=["manage", "read"])
    old, _ = tokens.issue(user=world.alice, name="b", scopes=["read"])
    after = rotate(client_of(plain), old).json()["token"]
    assert tokens.verify(after) is not None
    tokens.revoke(token=asker, by=SYSTEM)
    assert tokens.verify(after) is None


def test_a_token_rotates_itself_within_its_own_time(world, client_of):
    ends = clock.now() + timedelta(hours=1)
    own, plain = tokens.issue(user=world.alice, name="a", scopes=["manage"], expires_at=ends)
    client = client_of(plain)
    beyond = rotate(client, own, expires_at=(ends + timedelta(seconds=1)).isoformat())
    assert beyond.status_code == 403
    within = rotate(client, own, expires_at=ends.isoformat(), overlap_minutes=0)
    assert within.status_code == 201
    assert client.get(ME).status_code == 401


def test_nobody_rotates_another_s_token(world, make_agent, client_of):
    _, old, before = make_agent(world.alice)
    for other in (world.bob, world.charlie):
        assert rotate(client_of(other), old).status_code == 404
    assert rotate(client_of(before), old).status_code == 403, "an agent manages nothing"
    assert Space.objects.exists()
    assert tokens.verify(before) is not None
