"""Limits per token, and what happens to an address that guesses."""

import time
import uuid

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from apps.accounts import throttling
from apps.accounts.models import AgentToken
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.kernel import counters

ME = "/api/v1/me"
V1 = "/api/v1"


@pytest.fixture
def frozen(time_machine):
    time_machine.move_to("2031-01-01T00:00:20Z", tick=False)


def asking(plain: str, address: str = "") -> APIClient:
    client = APIClient(REMOTE_ADDR=address) if address else APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return client


def test_a_token_has_a_limit_of_its_own(frozen, world, make_agent):
    _, _, narrow = make_agent(world.alice, rate_limit=2)
    _, _, wide = make_agent(world.alice)
    assert [asking(narrow).get(ME).status_code for _ in range(3)] == [200, 200, 429]
    refused = asking(narrow).get(ME)
    assert refused["Retry-After"] == "40"
    (error,) = refused.json()["errors"]
    assert error["code"] == "throttled"
    assert "2 requests a minute for this token" in error["detail"]
    assert asking(wide).get(ME).status_code == 200


def test_the_hub_s_limit_holds_for_every_token(frozen, world, make_agent, settings):
    _, _, plain = make_agent(world.alice, rate_limit=5)
    settings.RATE_LIMIT_PER_MINUTE = 1
    assert [asking(plain).get(ME).status_code for _ in range(2)] == [200, 429]


def test_a_limit_is_changed_and_taken_away(frozen, world, make_agent, client_of):
    _, token, plain = make_agent(world.alice, rate_limit=1)
    owner, url = client_of(world.alice), f"{V1}/tokens/{token.public_id}"
    assert [asking(plain).get(ME).status_code for _ in range(2)] == [200, 429]
    assert owner.patch(url, {"rate_limit": 4}).json()["rate_limit"] == 4
    assert asking(plain).get(ME).status_code == 200
    assert owner.patch(url, {"rate_limit": None}).json()["rate_limit"] is None
    details = [one.detail for one in AuditEvent.objects.filter(action="token.limit").order_by("id")]
    assert details == [{"rate_limit": 4}, {"rate_limit": None}]


@pytest.mark.parametrize("asked", [0, -1, 6001, "many"])
def test_a_limit_lies_between_one_and_the_hub_s(asked, world, client_of):
    body = {"name": "n", "scopes": ["read"], "rate_limit": asked}
    answer = client_of(world.alice).post(f"{V1}/tokens", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "rate_limit"


def test_the_database_refuses_a_token_without_requests(alice, make_agent):
    _, token, _ = make_agent(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgentToken.objects.filter(pk=token.pk).update(rate_limit=0)


def test_a_limited_token_makes_and_sees_no_freer_one(world):
    own, plain = tokens.issue(user=world.alice, name="o", scopes=["manage"], rate_limit=10)
    free, _ = tokens.issue(user=world.alice, name="f", scopes=["manage"])
    client = asking(plain)
    listed = client.get(f"{V1}/tokens").json()["results"]
    assert [token["id"] for token in listed] == [str(own.public_id)]
    assert client.get(f"{V1}/tokens/{free.public_id}").status_code == 404
    for limit in ({}, {"rate_limit": None}, {"rate_limit": 11}):
        body = {"name": "n", "scopes": ["manage"], **limit}
        assert client.post(f"{V1}/tokens", body).status_code == 403
    url = f"{V1}/tokens/{own.public_id}"
    assert client.patch(url, {"rate_limit": None}).status_code == 403, "nor does it free itself"
    assert client.patch(url, {"rate_limit": 9}).status_code == 200


def test_one_request_is_one_counter(frozen, world, make_agent):
    _, token, plain = make_agent(world.alice)
    for _ in range(3):
        asking(plain).get(ME)
    minute = int(time.time()) // 60
    assert counters.read(f"throttle:token:{token.pk}:{minute}") == [3]


def test_an_address_that_guesses_is_told_to_wait_and_its_office_works_on(
    frozen, world, make_agent, monkeypatch
):
    monkeypatch.setattr(throttling, "FAILED_TOKENS", 5)
    address = f"office-{uuid.uuid4()}"
    _, _, plain = make_agent(world.alice)
    guesses = [asking(f"mh_{n}.x", address).get(ME).status_code for n in range(7)]
    assert guesses == [401] * 5 + [429] * 2
    refused = asking("mh_0.x", address).get(ME)
    assert refused["Retry-After"] == "40"
    assert "5 failed tokens a minute" in refused.json()["errors"][0]["detail"]
    assert asking(plain, address).get(ME).status_code == 200, "a token that works is no guess"
    assert asking("mh_0.x", f"{address}:2").get(ME).status_code == 401
    assert AuditEvent.objects.filter(action="token.refuse").count() == 6


def test_working_tokens_never_count_as_guesses(frozen, world, make_agent, monkeypatch):
    monkeypatch.setattr(throttling, "FAILED_TOKENS", 2)
    address = f"office-{uuid.uuid4()}"
    _, _, plain = make_agent(world.alice)
    for _ in range(5):
        assert asking(plain, address).get(ME).status_code == 200
    assert asking("mh_0.x", address).get(ME).status_code == 401


def test_without_redis_nobody_is_limited(world, make_agent, settings):
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    _, _, plain = make_agent(world.alice, rate_limit=1)
    assert [asking(plain).get(ME).status_code for _ in range(3)] == [200, 200, 200]
    assert asking("mh_0.x").get(ME).status_code == 401
