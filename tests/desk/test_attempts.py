"""Guessing passwords at the desk's door ends after a few; without Redis the door stays open."""

import uuid

import pytest
from django.test import Client

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


def test_an_account_is_closed_after_ten_failures(reviewer, address):
    codes = [sign_in(reviewer, "wrong", address).status_code for _ in range(10)]
    assert codes == [200] * 10
    refused = sign_in(reviewer.upper(), PASSWORD, f"{address}:2")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "900"
    assert TOO_MANY_ATTEMPTS in refused.content.decode()
    assert "_auth_user_id" not in refused.wsgi_request.session


def test_signing_in_forgets_the_account_s_failures(reviewer, address):
    for _ in range(2):
        for _ in range(FAILURES["account"] - 1):
            sign_in(reviewer, "wrong", address)
        assert sign_in(reviewer, PASSWORD, address).status_code == 302


def test_an_address_is_closed_whichever_accounts_it_tries(reviewer, address):
    for number in range(FAILURES["address"]):
        Attempt(f"{number}-{reviewer}", address).failed()
    assert sign_in(reviewer, PASSWORD, address).status_code == 429
    assert sign_in(reviewer, PASSWORD, f"{address}:2").status_code == 302


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
