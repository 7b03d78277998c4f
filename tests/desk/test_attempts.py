"""Guessing passwords at the desk's door ends after a few; without Redis the door stays open."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.attempts import FAILURES, Attempt
from apps.accounts.services import users
from apps.audit.services.events import SYSTEM
from apps.desk.forms import TOO_MANY_ATTEMPTS
from apps.spaces.services import grants, organisations
from tests.conftest import PASSWORD


@pytest.fixture
def address():
    """One that no other test signs in from."""
    return f"somewhere-{uuid.uuid4()}"


@pytest.fixture
def reviewer(world, address):
    """The e-mail address of a curator whom no other test knows."""
    email = f"{address}@example.org"
    person = users.create_person(email=email, name="C", password=PASSWORD)
    organisations.join(organisation=world.organisation, person=person)
    grants.grant(space=world.team, person=person, role="curator", by=SYSTEM)
    return email


def sign_in(email, password, address, **headers):
    client = Client(REMOTE_ADDR=address)
    return client.post(
        "/desk/login/?next=/desk/", {"username": email, "password": password}, headers=headers
    )


def test_an_account_is_closed_to_an_address_after_ten_failures(reviewer, address):
    codes = [sign_in(reviewer, "wrong", address).status_code for _ in range(10)]
    assert codes == [200] * 10
    refused = sign_in(reviewer.upper(), PASSWORD, address)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "900"
    assert str(TOO_MANY_ATTEMPTS) in refused.content.decode()
    assert "_auth_user_id" not in refused.wsgi_request.session
    assert sign_in(reviewer, PASSWORD, f"{address}:2").status_code == 302, "not to the person"


def test_waiting_is_no_failure(reviewer, address):
    """What is refused does not count, so the lock ends with its window."""
    for _ in range(FAILURES["pair"] + 5):
        sign_in(reviewer, "wrong", address)
    assert Attempt(reviewer, address).failures()[0] == FAILURES["pair"]


def test_signing_in_forgets_the_account_s_failures_there(reviewer, address):
    for _ in range(2):
        for _ in range(FAILURES["pair"] - 1):
            sign_in(reviewer, "wrong", address)
        assert sign_in(reviewer, PASSWORD, address).status_code == 302


def test_an_account_guessed_from_everywhere_is_closed_to_strangers_only(reviewer, address):
    home = f"{address}:home"
    assert sign_in(reviewer, PASSWORD, home).status_code == 302
    for number in range(FAILURES["account"]):
        Attempt(reviewer, f"{address}:{number}").failed()
    assert sign_in(reviewer, PASSWORD, f"{address}:new").status_code == 429
    assert sign_in(reviewer, PASSWORD, home).status_code == 302


def test_an_address_that_tries_many_accounts_is_closed_to_those_unknown_there(
    reviewer, address, world
):
    assert sign_in("alice@example.org", PASSWORD, address).status_code == 302
    for number in range(FAILURES["address"]):
        Attempt(f"{number}-{reviewer}", address).failed()
    assert sign_in(reviewer, PASSWORD, address).status_code == 429
    assert sign_in(reviewer, PASSWORD, f"{address}:2").status_code == 302
    assert sign_in("alice@example.org", PASSWORD, address).status_code == 302, "works on there"


def test_an_account_that_is_none_is_closed_alike(reviewer, address):
    """Neither number, words nor statements tell whether an account exists."""
    unknown = f"nobody-{reviewer}"
    told, statements = [], []
    for email, where in ((reviewer, address), (unknown, f"{address}:2")):
        answers = []
        for _ in range(FAILURES["pair"] + 1):
            with CaptureQueriesContext(connection) as queries:
                answers.append(sign_in(email, "wrong", where))
            statements.append(len(queries))
        told.append([(one.status_code, one.context["form"].non_field_errors()) for one in answers])
    assert told[0] == told[1]
    half = len(statements) // 2
    assert statements[:half] == statements[half:]


@pytest.mark.parametrize("trusted", [False, True])
def test_a_proxy_is_believed_only_when_told_so(trusted, reviewer, address, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if trusted else None
    client_address = f"{address}:3"
    for number in range(FAILURES["address"]):
        Attempt(f"{number}-{reviewer}", client_address).failed()
    answer = sign_in(
        reviewer, PASSWORD, address, **{"X-Forwarded-For": f"10.0.0.1, {client_address}"}
    )
    assert answer.status_code == (429 if trusted else 302)


def test_without_redis_the_password_decides(reviewer, address, settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    codes = [sign_in(reviewer, "wrong", address).status_code for _ in range(12)]
    assert codes == [200] * 12
    assert sign_in(reviewer, PASSWORD, address).status_code == 302
