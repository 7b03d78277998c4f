"""Request ids, the one error body, idempotency keys."""

import pytest

from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.kernel import clock, idempotency
from apps.kernel.middleware import RequestLogMiddleware
from apps.kernel.models import IdempotencyRecord
from apps.memories.models import Memory

URL = "/api/v1/memories"


def post(client, body, url=URL, **headers):
    return client.post(url, body, headers=headers)


def test_a_sane_request_id_comes_back_and_is_in_the_audit(world, client_of):
    answer = post(client_of(world.alice), {"text": "a"}, **{"X-Request-ID": "job-7.step_2"})
    assert answer["X-Request-ID"] == "job-7.step_2"
    assert AuditEvent.objects.filter(action="memory.create", request_id="job-7.step_2").exists()


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "é"])
def test_another_request_id_is_replaced(given, client):
    made = client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 32


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("get", "/api/v1/memories/00000000-0000-4000-8000-000000000000", 404, "not_found"),
        ("put", URL, 405, "method_not_allowed"),
        ("post", f"{URL}?x", 400, "required"),
        ("post", "/api/v1/tokens", 400, "required"),
    ],
)
def test_every_error_has_the_one_body(method, url, status, code, world, client_of):
    answer = getattr(client_of(world.alice), method)(url)
    body = answer.json()
    assert answer.status_code == status
    assert set(body) == {"type", "errors"}
    assert set(body["errors"][0]) == {"code", "detail", "attr"}
    assert body["errors"][0]["code"] == code


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve", "tab\tbed"])
def test_an_idempotency_key_is_printable_and_not_empty(key, world, client_of):
    answer = post(client_of(world.alice), {"text": "a"}, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["errors"][0]["detail"]
    assert not Memory.objects.exists()


def test_the_order_of_keys_in_the_body_does_not_matter(world, client_of):
    client = client_of(world.alice)
    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    bodies = ('{"text": "a", "tags": ["x"]}', '{"tags": ["x"], "text": "a"}')
    first, again = (
        client.generic("POST", URL, body, "application/json", headers=headers) for body in bodies
    )
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again["ETag"] == first["ETag"]


def test_one_key_does_not_serve_two_routes(world, write, client_of):
    client, note = client_of(world.alice), write(world.alice, "a")
    first, other = (
        post(client, {}, f"{URL}/{note.public_id}/{verb}", **{"Idempotency-Key": "k"})
        for verb in ("confirm", "contradict")
    )
    assert (first.status_code, other.status_code) == (201, 409)
    assert note.confirmations.count() == 1


def test_a_replay_does_nothing_again(world, write, client_of):
    client, note = client_of(world.alice), write(world.alice, "a")
    for _ in range(3):
        post(client, {}, f"{URL}/{note.public_id}/confirm", **{"Idempotency-Key": "k"})
    assert note.confirmations.count() == 1


def test_a_replay_needs_the_same_rights_as_the_first_request(world, client_of, make_agent):
    """The key belongs to the agent; a token that may not write gets no answer of one that may."""
    agent, _, plain = make_agent(world.alice)
    _, reader = tokens.issue(user=agent, name="reader", scopes=["read"])
    assert post(client_of(plain), {"text": "a"}, **{"Idempotency-Key": "k"}).status_code == 201
    assert post(client_of(reader), {"text": "a"}, **{"Idempotency-Key": "k"}).status_code == 403


def test_keys_of_two_credentials_of_a_user_do_not_meet(world, client_of, make_agent):
    """A token that may not write there gets no answer of one that may."""
    agent, _, wide = make_agent(world.alice)
    _, narrow = tokens.issue(
        user=agent, name="n", scopes=["write"], spaces=[world.other_team.public_id]
    )
    body = {"text": "a", "space": str(world.team.public_id)}
    first, other, again = (
        post(client_of(plain), body, **{"Idempotency-Key": "k"}) for plain in (wide, narrow, wide)
    )
    assert (first.status_code, other.status_code, again.status_code) == (201, 400, 201)
    assert "Idempotency-Replayed" not in other
    assert again["Idempotency-Replayed"] == "true"


def test_the_secret_of_a_token_is_stored_nowhere(world, client_of):
    body = {"name": "n", "scopes": ["read"]}
    client = client_of(world.alice)
    first, again = (
        post(client, body, "/api/v1/tokens", **{"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json()["token"] != again.json()["token"]
    assert not IdempotencyRecord.objects.exists()


def test_a_key_is_forgotten_after_a_day(world, client_of, time_machine):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    client = client_of(world.alice)
    post(client, {"text": "a"}, **{"Idempotency-Key": "k"})
    time_machine.move_to(clock.now() + idempotency.KEPT_FOR, tick=False)
    assert idempotency.forget_old() == 0
    time_machine.shift(1)
    assert idempotency.forget_old() == 1


def test_an_unknown_path_of_the_api_answers_in_the_api_s_error_body(client):
    answer = client.get("/api/v1/no-such-thing")
    assert answer.status_code == 404
    assert answer.json()["errors"] == [{"code": "not_found", "detail": "Not found.", "attr": None}]
    assert client.get("/no-such-page")["Content-Type"].startswith("text/html")


def test_the_line_of_a_request_leaves_out_what_was_asked(rf):
    request = rf.get("/api/v1/memories", {"metadata": '{"customer": "Acme"}'})
    assert RequestLogMiddleware.format_request(request) == "GET /api/v1/memories"
