"""Passwords off, and the one administrator who may use theirs for a while."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.identity.models import BreakGlass
from apps.spaces.models import Membership
from tests.conftest import PASSWORD
from tests.sso.conftest import described, last_event


@pytest.fixture
def sso_only(world, settings, configure):
    configure(described("acme", "https://id.example.org"))
    settings.PASSWORDS_OFF = True
    Membership.objects.filter(person=world.alice).update(role="admin")


def sign_in(email, password=PASSWORD):
    client = Client()
    answer = client.post("/desk/login/?next=/desk/", {"username": email, "password": password})
    return client, answer


def run(*arguments):
    out = StringIO()
    call_command("break_glass", *arguments, stdout=out)
    return out.getvalue()


def open_for_alice(*more):
    told = run("open", "alice@example.org", "--reason", "provider down", *more)
    return told.split()[-1]


def test_no_password_opens_anything(sso_only, client_of):
    client, answer = sign_in("alice@example.org")
    assert "Passwords are switched off" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert last_event("session.refuse").reason == "passwords_off"
    assert authenticate(username="alice@example.org", password=PASSWORD) is None
    assert not Client().login(username="alice@example.org", password=PASSWORD)


def test_the_page_asks_for_no_password_unless_somebody_asks_it_to(sso_only):
    page = Client().get("/desk/login/").content.decode()
    assert "Continue with Acme" in page
    assert 'type="password"' not in page
    assert 'type="password"' in Client().get("/desk/login/?local").content.decode()


def test_one_administrator_gets_in_for_a_while_and_it_is_on_record(
    sso_only, world, time_machine, caplog
):
    time_machine.move_to("2030-01-01T10:00:00Z", tick=False)
    password = open_for_alice("--minutes", "30")
    assert [record.levelname for record in caplog.records if "break_glass" in str(record.msg)] == [
        "CRITICAL"
    ]
    assert sign_in("bob@example.org")[0].session.get("_auth_user_id") is None
    client, answer = sign_in("alice@example.org", password)
    assert answer.headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    for action in ("break_glass.open", "break_glass.use"):
        assert last_event(action).object_ids == [world.alice.public_id]
    assert "provider down" not in str(list(AuditEvent.objects.values()))
    time_machine.shift(timedelta(minutes=31))
    assert client.get("/desk/").status_code == 302
    assert "_auth_user_id" not in sign_in("alice@example.org", password)[0].session


def test_its_time_does_not_grow_by_using_it(sso_only, time_machine):
    time_machine.move_to("2030-01-01T10:00:00Z", tick=False)
    client, _ = sign_in("alice@example.org", open_for_alice("--minutes", "30"))
    time_machine.shift(timedelta(minutes=20))
    assert client.get("/desk/").status_code == 200
    time_machine.shift(timedelta(minutes=11))
    assert client.get("/desk/").status_code == 302


def test_ending_it_ends_its_sessions(sso_only, world):
    client, _ = sign_in("alice@example.org", open_for_alice())
    assert run("end", "alice@example.org") == "ended\n"
    assert client.get("/desk/").status_code == 302
    assert last_event("break_glass.end").object_ids == [world.alice.public_id]
    assert run("end", "alice@example.org") == "it was not open\n"


def test_opening_again_replaces_the_first(sso_only):
    first, second = open_for_alice(), open_for_alice()
    assert first != second
    assert BreakGlass.objects.filter(ended_at__isnull=True).count() == 1
    assert "_auth_user_id" not in sign_in("alice@example.org", first)[0].session


def test_a_password_can_be_kept(sso_only):
    open_for_alice("--keep-password")
    assert sign_in("alice@example.org")[1].status_code == 302


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("open", "bob@example.org", "--reason", "x"), "Only an administrator"),
        (("open", "nobody@example.org", "--reason", "x"), "There is no person"),
        (("open", "alice@example.org", "--reason", " "), "reason"),
        (("open", "alice@example.org", "--reason", "x", "--minutes", "1441"), "24 hours"),
        (("open", "alice@example.org", "--reason", "x", "--minutes", "0"), "24 hours"),
    ],
    ids=str,
)
def test_who_may_not_have_it(sso_only, arguments, told):
    with pytest.raises(CommandError, match=told):
        run(*arguments)


def test_not_for_somebody_switched_off(sso_only, world):
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match="switched off"):
        open_for_alice()
