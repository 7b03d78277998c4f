"""People: e-mail addresses, the session, CSRF, the limit of requests."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import users
from apps.kernel.errors import Conflict, Invalid
from tests.conftest import PASSWORD

URL = "/api/v1/memories"


def test_an_address_is_kept_in_lower_case(db):
    person = users.create_person(email="  Ada.Smith@Example.ORG ", name="Ada")
    assert person.email == "ada.smith@example.org"


def test_an_address_is_taken_in_any_case(alice):
    with pytest.raises(Conflict, match="already in use"):
        users.create_person(email="ALICE@example.org", name="Another Alice")


def test_one_signs_in_with_the_address_in_any_case(alice):
    assert authenticate(username="Alice@Example.org", password=PASSWORD) == alice
    assert authenticate(username="alice@example.org", password="something else") is None


@pytest.mark.parametrize(
    "row",
    [
        {"email": "Upper@example.org"},
        {"email": None},
        {"kind": "agent"},
        {"kind": "agent", "email": None},
        {"kind": "agent", "email": None, "owner": "alice", "is_staff": True},
        {"email": "bot@example.org", "owner": "alice"},
    ],
    ids=str,
)
def test_the_database_refuses_people_and_agents_that_cannot_be(row, world):
    if "owner" in row:
        row = {**row, "owner": world.alice}
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(name="x", **row)


def test_an_agent_has_no_password_and_owns_nobody(alice, make_agent):
    agent, _, _ = make_agent(alice)
    assert not agent.has_usable_password()
    with pytest.raises(Invalid, match="cannot own"):
        users.create_agent(owner=agent, name="x")


def test_a_session_reads_and_writes_only_with_the_csrf_token(world):
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(username="alice@example.org", password=PASSWORD)
    assert client.get("/api/v1/me").status_code == 200
    refused = client.post(URL, {"text": "a"})
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["errors"][0]["detail"]
    client.cookies["csrftoken"] = token = "c" * 32
    kept = client.post(URL, {"text": "a"}, headers={"X-CSRFToken": token})
    assert kept.status_code == 201


def test_a_token_needs_no_csrf(alice, world, make_agent):
    _, _, plain = make_agent(alice)
    client = APIClient(enforce_csrf_checks=True)
    answer = client.post(URL, {"text": "a"}, headers={"Authorization": f"Bearer {plain}"})
    assert answer.status_code == 201


def test_a_bad_token_is_not_rescued_by_a_session(alice, client_of):
    client = client_of(alice)
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer mh_x.y"}).status_code == 401


def test_a_session_ends_when_its_person_is_deactivated(alice, client_of):
    client = client_of(alice)
    assert client.get("/api/v1/me").status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/api/v1/me").status_code == 401


def test_over_the_limit_is_429_with_retry_after(
    world, make_agent, client_of, settings, time_machine
):
    settings.RATE_LIMIT_PER_MINUTE = 3
    time_machine.move_to("2030-01-01T00:00:20Z", tick=False)
    client = client_of(make_agent(world.alice)[2])
    statuses = [client.get("/api/v1/me").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get("/api/v1/me")
    assert refused["Retry-After"] == "40"
    assert refused.json()["errors"][0]["code"] == "throttled"
    other = client_of(make_agent(world.alice)[2])
    assert other.get("/api/v1/me").status_code == 200, "each credential has its own limit"
    time_machine.shift(40)
    assert client.get("/api/v1/me").status_code == 200


def test_without_redis_requests_pass(world, client_of, settings):
    settings.RATE_LIMIT_PER_MINUTE = 0
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    assert client_of(world.alice).get("/api/v1/spaces").status_code == 200


def test_lists_of_agents_and_tokens_are_one_s_own(world, make_agent, client_of):
    agents = {person.name: make_agent(person)[0] for person in (world.alice, world.bob)}
    for person in (world.alice, world.bob):
        client = client_of(person)
        listed = client.get("/api/v1/agents").json()["results"]
        assert [agent["id"] for agent in listed] == [str(agents[person.name].public_id)]
        (token,) = client.get("/api/v1/tokens").json()["results"]
        assert token["user"]["id"] == str(agents[person.name].public_id)
