"""Tokens at the desk: made, shown once, rotated, revoked; nobody else's."""

import re

import pytest
from django.test import Client

from apps.accounts.models import AgentToken, User
from apps.accounts.services import tokens
from apps.audit.services.events import SYSTEM

LIST = "/desk/accounts/agenttoken/"
FORM = {"name": "night shift", "scopes": ["read", "write"], "lifetime": "30", "holder": ""}


def secret_of(answer) -> str:
    (found,) = re.findall(r"mh_[0-9a-f]{18}\.[\w-]{43}", answer.content.decode())
    return str(found)


def test_a_token_is_made_shown_once_and_works(world, desk):
    answer = desk.post(f"{LIST}new", {**FORM, "spaces": [str(world.team.public_id)]})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    token = tokens.verify(secret_of(answer))
    assert token is not None
    assert (token.user, token.spaces) == (world.alice, [world.team.public_id])
    assert token.expires_at is not None
    assert 29 <= (token.expires_at - token.created_at).days <= 30
    secret = secret_of(answer).partition(".")[2]
    for address in (LIST, f"{LIST}{token.public_id}/", "/desk/"):
        page = desk.get(address)
        assert page.status_code == 200
        assert secret not in page.content.decode()


def test_an_agent_is_named_in_the_same_form(world, desk):
    answer = desk.post(f"{LIST}new", {**FORM, "new_agent": "Night agent", "lifetime": ""})
    token = tokens.verify(secret_of(answer))
    assert token is not None
    assert (token.user.name, token.user.owner, token.expires_at) == (
        "Night agent", world.alice, None,
    )  # fmt: skip
    again = desk.post(f"{LIST}new", {**FORM, "holder": str(token.user.public_id)})
    second = tokens.verify(secret_of(again))
    assert second is not None
    assert second.user == token.user


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scopes": ["read", "manage"], "new_agent": "A"}, "An agent may read and write"),
        ({"scopes": []}, "This field is required"),
        ({"rate_limit": "0"}, "greater than or equal to 1"),
        ({"rate_limit": "999999"}, "less than or equal to 6000"),
        ({"lifetime": "4"}, "valid choice"),
        ({"holder": "00000000-0000-4000-8000-000000000000"}, "valid choice"),
        ({"spaces": ["00000000-0000-4000-8000-000000000000"]}, "valid choice"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_beside_the_field(given, told, desk):
    answer = desk.post(f"{LIST}new", {**FORM, **given})
    assert told in answer.content.decode()
    assert not AgentToken.objects.exists()
    assert not User.objects.filter(kind="agent").exists(), "no agent without its token"


def test_rotating_shows_the_new_one_and_tells_when_the_old_one_ends(world, make_agent, desk):
    _, old, before = make_agent(world.alice)
    page = f"{LIST}{old.public_id}/"
    assert "Rotate" in desk.get(page).content.decode()
    answer = desk.post(f"{page}rotate", {"overlap": "60"})
    assert "works until" in answer.content.decode()
    assert tokens.verify(secret_of(answer)) is not None
    assert tokens.verify(before) is not None
    body = desk.get(page).content.decode()
    assert "Ending: rotated" in body
    assert "Replaced by" in body
    refused = desk.post(f"{page}rotate", {"overlap": "60"})
    assert refused.status_code == 409
    assert "was rotated already" in refused.content.decode()


def test_revoking_ends_it_for_the_next_request(world, make_agent, desk):
    _, token, plain = make_agent(world.alice)
    answer = desk.post(f"{LIST}{token.public_id}/revoke", follow=True)
    assert "next request with it is refused" in answer.content.decode()
    assert tokens.verify(plain) is None


def test_another_s_token_does_not_exist_here(world, make_agent, desk):
    _, token, plain = make_agent(world.bob)
    page = f"{LIST}{token.public_id}/"
    assert desk.get(page).status_code == 404
    for verb in ("rotate", "revoke"):
        assert desk.post(f"{page}{verb}", {"overlap": "0"}).status_code == 404
    assert token.name not in desk.get(LIST).content.decode()
    assert tokens.verify(plain) is not None


def test_states_are_told(world, make_agent, desk):
    for state in ("revoked", "off"):
        agent, token, _ = make_agent(world.alice)
        if state == "revoked":
            tokens.revoke(token=token, by=SYSTEM)
        else:
            User.objects.filter(pk=agent.pk).update(is_active=False)
            AgentToken.objects.filter(pk=token.pk).update(revoked_at=None)
    body = desk.get(LIST).content.decode()
    assert "Revoked" in body
    assert "Switched off with its user" in body


def test_every_field_has_a_label_and_its_help(desk):
    body = desk.get(f"{LIST}new").content.decode()
    for name in ("name", "holder", "new_agent", "rate_limit"):
        assert f'for="id_{name}"' in body
    for described in re.findall(r'aria-describedby="([^"]+)"', body):
        for each in described.split():
            assert f'id="{each}"' in body, each


def test_nothing_happens_without_the_csrf_token(world, make_agent):
    _, token, plain = make_agent(world.alice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.alice)
    assert client.post(f"{LIST}{token.public_id}/revoke").status_code == 403
    assert tokens.verify(plain) is not None
