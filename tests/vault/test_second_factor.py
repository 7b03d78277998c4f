"""Second factors are kept encrypted and open only for whose they are."""

import time

import pytest
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from apps.vault.errors import Unopened

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def acting():
    """`acting(user)`: a request of that person; with `pending`, after the password only."""

    def make(user, *, pending=False):
        request = RequestFactory().get("/")
        request.session = SessionStore()
        request.user = AnonymousUser() if pending else user
        if pending:
            login = Login(user=user, email=user.email)
            login.state["stages"] = {"current": "mfa_authenticate"}
            request.session[LOGIN_SESSION_KEY] = login.serialize()
        return context.request_context(request)

    return make


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_secret_is_kept_encrypted_and_its_codes_count(keys, alice, acting):
    with acting(alice):
        TOTP.activate(alice, SECRET)
        RecoveryCodes.activate(alice)
    rows = Authenticator.objects.filter(user=alice)
    assert rows.count() == 2
    for row in rows:
        (kept,) = [value for value in row.data.values() if isinstance(value, str)]
        assert kept.startswith("mh1.")
        assert SECRET not in str(row.data)
    with acting(alice):
        assert TOTP(rows.get(type="totp")).validate_code(code())
        codes = RecoveryCodes(rows.get(type="recovery_codes")).generate_codes()
    assert len(set(codes)) == len(codes) > 5


def test_it_opens_for_who_has_shown_the_password(keys, alice, acting):
    with acting(alice):
        TOTP.activate(alice, SECRET)
    with acting(alice, pending=True):
        row = Authenticator.objects.get(user=alice)
        assert TOTP(row).validate_code(code())


def test_nobody_takes_another_s_second_factor(keys, alice, bob, acting):
    """Whoever can write the table copies no secret of theirs into somebody else's row."""
    with acting(alice):
        theirs = TOTP.activate(alice, SECRET).instance
    planted = Authenticator.objects.create(user=bob, type="totp", data=theirs.data)
    for pending in (True, False):
        with acting(bob, pending=pending), pytest.raises(Unopened, match="nothing was changed"):
            TOTP(planted).validate_code(code())
    planted.data = {"secret": SECRET}
    planted.save()
    with acting(bob), pytest.raises(Unopened, match="not encrypted"):
        TOTP(planted).validate_code(code())


def test_nothing_opens_outside_of_a_request(keys, alice, acting):
    with acting(alice):
        row = TOTP.activate(alice, SECRET).instance
    with pytest.raises(Unopened, match="who is signing in"):
        TOTP(row).validate_code(code())
