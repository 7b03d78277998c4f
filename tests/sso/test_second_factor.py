"""One-time codes for those who sign in with a password."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from apps.audit.models import AuditEvent
from tests.conftest import PASSWORD
from tests.sso.conftest import last_event


def code_for(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def sign_in(client=None):
    client = client or Client()
    form = {"username": "alice@example.org", "password": PASSWORD}
    return client, client.post("/desk/login/?next=/desk/curation/candidate/", form)


def signed_in(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def secret(world):
    """Alice set up an app, in her own session."""
    client, _ = sign_in()
    asked = client.get("/desk/account/2fa/set-up", follow=True)
    if "Your password" in asked.content.decode():
        client.post(
            asked.request["PATH_INFO"] + "?next=/desk/account/2fa/set-up", {"password": PASSWORD}
        )
        asked = client.get("/desk/account/2fa/set-up")
    found = re.search(r'd-secret">\s*([A-Z2-7]+)', asked.content.decode())
    assert found, asked.content.decode()
    done = client.post("/desk/account/2fa/set-up", {"code": code_for(found[1])})
    assert done.headers["Location"] == "/desk/account/2fa/recovery-codes"
    codes = re.findall(r"<li>(\w+)</li>", client.get(done.headers["Location"]).content.decode())
    assert len(codes) == 10
    return found[1], codes


def test_a_password_then_asks_for_a_code(secret, world, time_machine):
    before = AuditEvent.objects.filter(action="session.open").count()
    client, answer = sign_in()
    assert answer.headers["Location"] == "/desk/account/code"
    assert not signed_in(client)
    assert client.get("/desk/").status_code == 302
    assert AuditEvent.objects.filter(action="session.open").count() == before
    wrong = client.post("/desk/account/code", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    assert last_event("session.refuse").reason == "wrong_code"
    time_machine.move_to(datetime.now(UTC) + timedelta(seconds=60))  # codes count once
    done = client.post("/desk/account/code", {"code": code_for(secret[0])})
    assert done.headers["Location"] == "/desk/curation/candidate/"
    assert signed_in(client)
    assert AuditEvent.objects.filter(action="session.open").count() == before + 1


def test_a_recovery_code_signs_in_once(secret):
    for counts in (True, False):
        client, _ = sign_in()
        client.post("/desk/account/code", {"code": secret[1][0]})
        assert signed_in(client) is counts


def test_a_code_alone_is_no_way_in(secret, time_machine):
    time_machine.move_to(datetime.now(UTC) + timedelta(seconds=60))  # codes count once
    client = Client()
    assert client.get("/desk/account/code").status_code == 302
    client.post("/desk/account/code", {"code": code_for(secret[0])})
    assert not signed_in(client)


def test_the_pages_are_for_who_is_signed_in(world):
    for page in ("2fa", "2fa/set-up", "2fa/remove", "2fa/recovery-codes", "2fa/recovery-codes/new",
                 "password", "code-again", "code", "login"):  # fmt: skip
        answer = Client().get(f"/desk/account/{page}")
        assert answer.status_code == 302, page


def test_without_an_app_nothing_is_asked(world):
    client, answer = sign_in()
    assert answer.headers["Location"] == "/desk/curation/candidate/"
    assert signed_in(client)
    page = client.get("/desk/account/2fa")
    assert "Set up" in page.content.decode()
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
