"""Tokens: one format, one error, a digest under a pepper, and no more than their scopes."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actors import of_token
from apps.accounts.models import AgentToken, User
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access

ME = "/api/v1/me"
SECRETS = ["new:" + "n" * 40, "old:" + "o" * 40]


def test_a_token_is_mh_key_dot_secret_and_only_its_digest_is_kept(alice, settings):
    settings.TOKEN_PEPPERS = SECRETS
    token, plain = tokens.issue(user=alice, name="n", scopes=["read"])
    match = re.fullmatch(r"mh_([0-9a-f]{18})\.([\w-]{43})", plain)
    assert match
    assert match[1] == token.key
    assert token.digest == hmac.new(b"n" * 40, match[2].encode(), hashlib.sha256).hexdigest()
    row = AgentToken.objects.filter(pk=token.pk).values().get()
    assert match[2] not in str(row)


def test_two_tokens_share_nothing(alice):
    first, second = (tokens.issue(user=alice, name="n", scopes=["read"])[1] for _ in range(2))
    assert not set(first[3:].split(".")) & set(second[3:].split("."))


def test_a_new_pepper_signs_and_the_old_one_still_verifies(alice, settings):
    settings.TOKEN_PEPPERS = SECRETS[1:]
    old, plain = tokens.issue(user=alice, name="before", scopes=["read"])
    settings.TOKEN_PEPPERS = SECRETS
    assert tokens.verify(plain) == old
    assert tokens.issue(user=alice, name="after", scopes=["read"])[0].pepper == "new"


def test_a_token_ends_with_its_pepper(alice, settings):
    settings.TOKEN_PEPPERS = SECRETS[1:]
    _, plain = tokens.issue(user=alice, name="n", scopes=["read"])
    settings.TOKEN_PEPPERS = SECRETS[:1]
    assert tokens.verify(plain) is None


def test_another_secret_under_the_same_pepper_id_does_not_verify(alice, settings):
    settings.TOKEN_PEPPERS = ["one:" + "a" * 40]
    _, plain = tokens.issue(user=alice, name="n", scopes=["read"])
    settings.TOKEN_PEPPERS = ["one:" + "b" * 40]
    assert tokens.verify(plain) is None


def _unknown_key(owner, agent, token, plain):
    return "mh_" + "0" * 18 + plain[21:]


def _wrong_secret(owner, agent, token, plain):
    return plain[:-1] + ("A" if plain[-1] != "A" else "B")


def _expired(owner, agent, token, plain):
    AgentToken.objects.filter(pk=token.pk).update(expires_at=clock.now())
    return plain


def _revoked(owner, agent, token, plain):
    tokens.revoke(token=token, by=SYSTEM)
    return plain


def _inactive_owner(owner, agent, token, plain):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    return plain


def _inactive_agent(owner, agent, token, plain):
    User.objects.filter(pk=agent.pk).update(is_active=False)
    return plain


FAILURES = {
    "unknown key": _unknown_key,
    "wrong secret": _wrong_secret,
    "expired": _expired,
    "revoked": _revoked,
    "inactive owner": _inactive_owner,
    "inactive agent": _inactive_agent,
    "no prefix": lambda owner, agent, token, plain: plain[3:],
    "no secret": lambda owner, agent, token, plain: plain.split(".")[0] + ".",
    "no dot": lambda owner, agent, token, plain: plain.replace(".", ""),
    "nothing": lambda owner, agent, token, plain: "",
    "letters of another alphabet": lambda owner, agent, token, plain: plain + "é",
    "a NUL": lambda owner, agent, token, plain: "mh_\x00" + plain[4:],
    "a very long key": lambda owner, agent, token, plain: "mh_" + "0" * 5000 + plain,
}


@pytest.mark.parametrize("how", FAILURES)
def test_every_failure_answers_the_same(how, alice, make_agent, client_of):
    agent, token, plain = make_agent(alice)
    assert client_of(plain).get(ME).status_code == 200
    answer = client_of(FAILURES[how](alice, agent, token, plain)).get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="memoryhub"'
    assert answer.json() == {
        "type": "client_error",
        "errors": [{"code": "invalid_token", "detail": "Invalid or expired token.", "attr": None}],
    }


def test_an_unknown_key_costs_the_same_queries_as_a_wrong_secret(alice, make_agent):
    agent, token, plain = make_agent(alice)
    counts = []
    for presented in (_unknown_key(alice, agent, token, plain), _wrong_secret(0, 0, 0, plain)):
        with CaptureQueriesContext(connection) as queries:
            assert tokens.verify(presented) is None
        counts.append(len(queries))
    assert counts == [1, 1]


def test_another_scheme_is_no_token(alice, make_agent, client):
    _, _, plain = make_agent(alice)
    for header in (f"Token {plain}", plain, f"Basic {plain}"):
        assert client.get(ME, headers={"Authorization": header}).status_code == 401
    assert client.get(ME, headers={"Authorization": f"bearer  {plain}"}).status_code == 200


def test_last_use_is_written_at_most_once_a_minute(alice, make_agent, time_machine):
    start = datetime.fromisoformat("2030-01-01T00:00:00+00:00")
    time_machine.move_to(start, tick=False)
    _, token, plain = make_agent(alice)

    def used_after(seconds: int) -> timedelta:
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        tokens.verify(plain)
        token.refresh_from_db()
        used: timedelta = token.last_used_at - start
        return used

    assert used_after(0) == timedelta(0)
    assert used_after(59) == timedelta(0)
    assert used_after(60) == timedelta(seconds=60)
    assert used_after(119) == timedelta(seconds=60)


def test_a_failed_attempt_is_no_use(alice, make_agent):
    _, token, plain = make_agent(alice)
    tokens.verify(_wrong_secret(0, 0, 0, plain))
    token.refresh_from_db()
    assert token.last_used_at is None


def test_an_expiry_ends_the_token_to_the_second(alice, make_agent, time_machine):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    _, token, plain = make_agent(alice, expires_at=clock.now() + timedelta(hours=1))
    time_machine.shift(3599)
    assert tokens.verify(plain) == token
    time_machine.shift(1)
    assert tokens.verify(plain) is None


@pytest.mark.parametrize(
    ("scopes", "why"),
    [([], "none"), (["fly"], "unknown"), (["read", "review"], "agents"), (["manage"], "agents")],
)
def test_an_agent_s_token_has_some_of_read_and_write(scopes, why, alice, make_agent):
    agent, _, _ = make_agent(alice)
    with pytest.raises(Invalid, match=r"scopes must be some of: read, write\.") as error:
        tokens.issue(user=agent, name="n", scopes=scopes)
    assert error.value.attr == "scopes"


def test_an_agent_never_reviews_or_manages_even_when_its_row_says_so(world, make_agent):
    _, token, _ = make_agent(world.alice)
    token.scopes = ["read", "write", "review", "manage"]
    actor = of_token(token)
    assert actor.scopes == {"read", "write"}
    resolved = access.of(actor)
    assert resolved.allows("write", world.team.pk)
    assert not resolved.ids("review") | resolved.ids("manage")


def test_a_token_limited_to_spaces_sees_no_other(world, write, make_agent, client_of):
    for space in (world.team, world.root, world.personal(world.alice)):
        write(world.alice, f"in {space.pk}", space=space)
    _, _, plain = make_agent(world.alice, spaces=[world.team.public_id])
    client = client_of(plain)
    found = client.get("/api/v1/memories").json()["results"]
    assert [memory["text"] for memory in found] == [f"in {world.team.pk}"]
    assert len(client.get("/api/v1/spaces").json()["results"]) == 1
    assert client.get(ME).json()["personal_space"] is None
    assert client.post("/api/v1/memories", {"text": "to my own"}).status_code == 400
    body = {"text": "x", "space": str(world.root.public_id)}
    assert client.post("/api/v1/memories", body).status_code == 400


def test_a_token_limited_to_no_space_sees_nothing(world, write, make_agent, client_of):
    write(world.alice, "a")
    _, _, plain = make_agent(world.alice, spaces=[])
    assert client_of(plain).get("/api/v1/memories").json()["results"] == []


def test_naming_a_space_in_a_token_gives_no_access_to_it(world, write, make_agent, client_of):
    write(world.bob, "Bob's own")
    _, _, plain = make_agent(world.alice, spaces=[world.personal(world.bob).public_id])
    assert client_of(plain).get("/api/v1/memories").json()["results"] == []


def test_a_write_only_token_writes_and_reads_nothing(world, make_agent, client_of):
    _, _, plain = make_agent(world.alice, ["write"])
    client = client_of(plain)
    created = client.post("/api/v1/memories", {"text": "a"})
    assert created.status_code == 201
    assert client.get(f"/api/v1/memories/{created.json()['id']}").status_code == 403


def test_a_write_only_token_is_not_shown_what_is_kept_with_a_text_it_repeats(
    world, write, make_agent, client_of
):
    agent, _, plain = make_agent(world.alice, ["write"])
    kept = write(agent, "Known.", metadata={"price": 12}, tags=("secret",))
    answer = client_of(plain).post("/api/v1/memories", {"text": "Known."})
    assert answer.status_code == 200
    assert answer.json() == {"id": str(kept.public_id), "created": False}


NARROW: dict[str, Any] = {"scopes": ["manage", "read"], "spaces": ["$team"]}
BROADER: dict[str, dict[str, Any]] = {
    "more scopes": {"scopes": ["manage", "write"], "spaces": ["$team"]},
    "no limit to spaces": {"scopes": ["manage"]},
    "other spaces": {"scopes": ["manage"], "spaces": ["$team", "$root"]},
    "more time": {"scopes": ["manage"], "spaces": ["$team"], "hours": 2},
    "no end": {"scopes": ["manage"], "spaces": ["$team"], "hours": None},
}


@pytest.fixture
def issued(world):
    """`issued(scopes=..., spaces=..., hours=...)` makes a token of Alice's."""
    ids = {"$team": world.team.public_id, "$root": world.root.public_id}

    def _issued(scopes, spaces=None, hours=1):
        return tokens.issue(
            user=world.alice,
            name="n",
            scopes=scopes,
            spaces=None if spaces is None else [ids[name] for name in spaces],
            expires_at=clock.now() + timedelta(hours=hours) if hours else None,
        )

    return _issued


@pytest.mark.parametrize("what", BROADER)
def test_a_token_neither_sees_nor_revokes_a_broader_one(what, issued, client_of):
    own, plain = issued(**NARROW)
    broader, _ = issued(**BROADER[what])
    client = client_of(plain)
    listed = client.get("/api/v1/tokens").json()["results"]
    assert [token["id"] for token in listed] == [str(own.public_id)]
    for call in (client.get, client.delete):
        assert call(f"/api/v1/tokens/{broader.public_id}").status_code == 404
    broader.refresh_from_db()
    assert broader.revoked_at is None


def test_a_token_revokes_an_equal_one_and_itself(issued, client_of):
    own, plain = issued(**NARROW)
    AgentToken.objects.update(expires_at=clock.now() + timedelta(hours=1))
    equal, _ = tokens.issue(
        user=own.user,
        name="n",
        scopes=["read"],
        spaces=[],
        expires_at=clock.now() + timedelta(1e-3),
    )
    client = client_of(plain)
    for token in (equal, own):
        assert client.delete(f"/api/v1/tokens/{token.public_id}").status_code == 200
    assert client.get("/api/v1/tokens").status_code == 401


def test_revoking_a_token_revokes_what_it_led_to(world, client_of):
    _, plain = tokens.issue(user=world.alice, name="first", scopes=["manage", "read"])
    plains = [plain]
    for _ in range(2):
        body = {"name": "next", "scopes": ["manage", "read"]}
        plains.append(client_of(plains[-1]).post("/api/v1/tokens", body).json()["token"])
    bystander = tokens.issue(user=world.alice, name="other", scopes=["read"])[1]
    middle = AgentToken.objects.get(key=plains[1][3:21])
    tokens.revoke(token=middle, by=SYSTEM)
    assert [tokens.verify(each) is not None for each in (*plains, bystander)] == [
        True, False, False, True,
    ]  # fmt: skip
    (event,) = AuditEvent.objects.filter(action="token.revoke")
    assert len(event.object_ids) == 2


def test_a_revoked_token_issues_nothing_more(alice):
    """Also when the request was let in before the revocation."""
    issuer, _ = tokens.issue(user=alice, name="n", scopes=["manage"])
    tokens.revoke(token=issuer, by=SYSTEM)
    with pytest.raises(Forbidden, match="revoked"):
        tokens.issue(user=alice, name="n", scopes=["manage"], issued_by=issuer)


def test_a_token_limited_to_spaces_starts_no_run(world, client_of):
    limited = tokens.issue(
        user=world.alice, name="n", scopes=["review"], spaces=[world.team.public_id]
    )[1]
    free = tokens.issue(user=world.alice, name="n", scopes=["review"])[1]
    answers = [client_of(plain).post("/api/v1/runs", {"dry": True}) for plain in (limited, free)]
    assert [answer.status_code for answer in answers] == [403, 202]


def test_a_token_gives_no_more_than_it_has(world, client_of):
    """A token that may manage cannot make itself one that may read, or see other spaces."""
    limit = [world.team.public_id]
    _, plain = tokens.issue(user=world.alice, name="n", scopes=["manage"], spaces=limit)
    client = client_of(plain)
    team, root = str(world.team.public_id), str(world.root.public_id)
    wider = {"name": "wider", "scopes": ["manage", "read"], "spaces": [team]}
    assert client.post("/api/v1/tokens", wider).status_code == 403
    for spaces in ({}, {"spaces": None}, {"spaces": [team, root]}):
        body = {"name": "elsewhere", "scopes": ["manage"], **spaces}
        assert client.post("/api/v1/tokens", body).status_code == 403
    AgentToken.objects.update(expires_at=clock.now() + timedelta(hours=1))
    longer = {"name": "longer", "scopes": ["manage"], "spaces": [team]}
    assert client.post("/api/v1/tokens", longer).status_code == 403
    AgentToken.objects.update(expires_at=None)
    equal = {"name": "equal", "scopes": ["manage"], "spaces": [team]}
    assert client.post("/api/v1/tokens", equal).status_code == 201


def test_a_token_cannot_expire_before_it_is_made(alice):
    with pytest.raises(Invalid, match="future"):
        tokens.issue(user=alice, name="n", scopes=["read"], expires_at=clock.now())


def test_revoking_twice_keeps_the_first_time_and_the_row(alice, make_agent):
    _, token, _ = make_agent(alice)
    first = tokens.revoke(token=token, by=SYSTEM).revoked_at
    assert tokens.revoke(token=token, by=SYSTEM).revoked_at == first
    assert AuditEvent.objects.filter(action="token.revoke").count() == 1


def test_a_revoked_token_stays_listed(world, client_of):
    client = client_of(world.alice)
    made = client.post("/api/v1/tokens", {"name": "n", "scopes": ["read"]}).json()
    assert client.delete(f"/api/v1/tokens/{made['id']}").status_code == 200
    (listed,) = client.get("/api/v1/tokens").json()["results"]
    assert listed["revoked_at"] is not None
    assert "token" not in listed
    assert made["token"].split(".")[1] not in str(listed)


def test_the_command_makes_one_for_whom_the_desk_does_not_let_in(world, client, capsys):
    call_command("token", "Bob@example.org", "--agent", "Editor", "--days", "1")
    said = capsys.readouterr().out
    assert "agent Editor of Bob@example.org" in said
    [plain] = re.findall(r"mh_\S+", said)
    me = client.get(ME, headers={"Authorization": f"Bearer {plain}"}).json()
    assert (me["user"]["name"], me["owner"]["name"]) == ("Editor", world.bob.name)
    assert me["scopes"] == ["read", "write"]
    event = AuditEvent.objects.get(action="token.issue")
    assert event.organisation == world.organisation.public_id
    call_command("token", "bob@example.org", "--agent", "Editor")
    assert User.objects.filter(name="Editor").count() == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["nobody@example.org"], "There is no person nobody@example.org."),
        (["bob@example.org", "--days", "0"], "--days must lie between 1 and 3650."),
        (["bob@example.org", "--agent", "a", "--scope", "manage"], "scopes must be some of"),
        (["bob@example.org", "--agent", "a" * 121], "at most 120 characters"),
    ],
)
def test_the_command_says_what_is_wrong(world, given, told):
    with pytest.raises(CommandError, match=told):
        call_command("token", *given)
    assert not AgentToken.objects.exists()
