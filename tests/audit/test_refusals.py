"""Refusals and sign-ins are on record, though what was refused is rolled back."""

import uuid

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts import handlers
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from tests.conftest import PASSWORD

SIGN_IN = "/desk/login/?next=/desk/"


@pytest.fixture
def address() -> str:
    """One that no other test comes from: refusals are counted by it."""
    return f"2001:db8::{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"


@pytest.fixture
def each(monkeypatch):
    """Every refusal has an event, however many other tests caused under the same id."""
    monkeypatch.setattr(handlers, "_EACH", 10**9)


def latest(action):
    return AuditEvent.objects.filter(action=action).latest("id")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_denied_write_is_on_record_though_it_was_rolled_back(headers, each, world, client_of):
    body = {"text": "The recipe.", "space": str(world.root.public_id)}
    answer = client_of(world.bob).post("/api/v1/memories", body, headers=headers)
    assert answer.status_code == 403
    event = latest("access.deny")
    assert (event.actor, event.organisation) == (
        world.bob.public_id,
        world.organisation.public_id,
    )
    assert event.reason == "permission_denied"
    assert event.request_id == answer["X-Request-ID"]
    assert event.detail["method"] == "POST"
    assert event.detail["route"] == "api/v1/memories"
    assert "recipe" not in str(AuditEvent.objects.filter(pk=event.pk).values().get())


def test_a_missing_scope_is_on_record_with_the_object(each, world, write, make_agent, client_of):
    note = write(world.alice, "a")
    _, token, plain = make_agent(world.alice, scopes=["read"])
    assert client_of(plain).delete(f"/api/v1/memories/{note.public_id}").status_code == 403
    event = latest("access.deny")
    assert (event.token, event.object_ids) == (token.public_id, [note.public_id])


def test_a_token_that_does_not_work_is_on_record_without_its_secret(
    each, world, make_agent, client_of
):
    _, token, plain = make_agent(world.alice)
    tokens.revoke(token=token, by=SYSTEM)
    for presented in (plain, f"{plain}x"):
        assert client_of(presented).get("/api/v1/memories").status_code == 401
        event = latest("token.refuse")
        assert event.object_ids == [token.public_id]
        assert event.organisation == world.organisation.public_id
        assert event.actor is None, "who presented it is not known"
        kept = str(AuditEvent.objects.filter(pk=event.pk).values().get())
        assert token.key not in kept
        assert plain.partition(".")[2] not in kept


def test_a_token_of_nobody_is_on_record(each, db, client_of):
    for presented in ("mh_no.no", "", "\x00", "mh_"):
        assert client_of(presented).get("/api/v1/memories").status_code == 401
    assert AuditEvent.objects.filter(action="token.refuse", object_ids=[]).count() == 4


def test_a_flood_of_refusals_is_told_by_its_size(db, address):
    client = APIClient(REMOTE_ADDR=address)
    client.credentials(HTTP_AUTHORIZATION="Bearer mh_no.no")
    for _ in range(105):
        assert client.get("/api/v1/memories").status_code in {401, 429}
    counts = [
        event.detail["in_this_minute"]
        for event in AuditEvent.objects.filter(action="token.refuse").order_by("id")
    ]
    # Within one minute 1 to 10 and 100; if the minute turned, it began anew
    assert counts[:10] == list(range(1, 11)) or counts.count(1) == 2
    assert len(counts) <= 21


def test_signing_in_and_out_and_failing_to_is_on_record(world, address):
    def sign_in(client, password, email="alice@example.org"):
        client.post(SIGN_IN, {"username": email, "password": password})

    client = Client(REMOTE_ADDR=address)
    sign_in(client, "wrong")
    event = latest("session.refuse")
    assert (event.reason, event.object_ids) == ("invalid_login", [world.alice.public_id])
    assert (event.actor, event.organisation) == (None, world.organisation.public_id)
    sign_in(client, "wrong", email=f"secret-in-the-wrong-field-{uuid.uuid4()}")
    event = latest("session.refuse")
    assert event.object_ids == []
    assert "wrong-field" not in str(AuditEvent.objects.filter(pk=event.pk).values().get())
    sign_in(client, PASSWORD, email="charlie@example.org")
    assert latest("session.refuse").reason == "not_a_reviewer"
    sign_in(client, PASSWORD)
    assert latest("session.open").actor == world.alice.public_id
    client.post("/desk/logout/")
    assert latest("session.close").actor == world.alice.public_id
    assert AuditEvent.objects.filter(action__startswith="session.").count() == 5
