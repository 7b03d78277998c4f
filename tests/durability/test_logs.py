"""Structured logs: one JSON object a line, the request's id in it, nothing confidential."""

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.durability.hub import Hub, until

SECRET_TEXT = "The vault behind the third shelf opens with a brass key."
PASSWORD = "not-the-right-password-4711"


def lines(hub: Hub, request_id: str) -> list[dict[str, Any]]:
    """Log entries of one request."""
    told = (line.partition("| ")[2] for line in hub.said.splitlines() if request_id in line)
    return [json.loads(line) for line in told if line.startswith("{")]


@pytest.mark.slow
def test_a_request_is_found_by_its_id_in_the_log_and_in_the_audit(shared):
    request_id = f"ticket-{uuid.uuid4().hex}"
    answer = shared.post(
        "/memories", {"text": f"Asked as {request_id}."}, **{"X-Request-ID": request_id}
    )
    assert answer.headers["X-Request-ID"] == request_id
    until(lambda: len(lines(shared, request_id)) >= 2, "its log lines")
    finished = [
        entry for entry in lines(shared, request_id) if entry["event"] == "request_finished"
    ]
    assert [(entry["code"], entry["request_id"]) for entry in finished] == [(201, request_id)]
    where = f"FROM audit_auditevent WHERE request_id = '{request_id}'"
    sql = f"SELECT action, object_ids[1]::text {where}"
    assert shared.query(sql) == [("memory.create", answer.json()["id"])]


@pytest.mark.slow
def test_an_insane_request_id_is_replaced(shared):
    answer = shared.get("/health/live", **{"X-Request-ID": "a b\tc<script>"})
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.slow
def test_neither_words_nor_credentials_are_logged(shared):
    marker = uuid.uuid4().hex
    headers = {"X-Request-ID": marker}
    shared.post("/memories", {"text": SECRET_TEXT}, **headers)
    shared.post("/memories", {"text": SECRET_TEXT, "importance": 7}, **headers)
    shared.post("/memories/bulk", {"items": [{"text": SECRET_TEXT}] * 3}, **headers)
    shared.post("/recall", {"query": SECRET_TEXT}, **headers)
    shared.get("/api/v1/me", Authorization=f"Bearer {shared.token}x", **headers)
    _sign_in_wrongly(shared)
    until(lambda: _finished(shared, marker) == 5, "the log lines")
    log = (shared.var / "log" / "hub.log").read_text()
    assert marker in log
    for secret in (
        SECRET_TEXT,
        "brass key",
        PASSWORD,
        shared.token,
        shared.token.partition(".")[2],
    ):
        assert secret not in log
    password = shared.said.partition("password  ")[2].split()[0]
    assert len(password) > 8
    assert password not in log


def _finished(hub: Hub, request_id: str) -> int:
    return sum(entry["event"] == "request_finished" for entry in lines(hub, request_id))


def _sign_in_wrongly(hub: Hub) -> None:
    with httpx.Client(base_url=hub.url, headers={"Referer": hub.url}) as browser:
        form = browser.get("/desk/login/").text
        token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        data = {"username": "admin@memoryhub.example", "password": PASSWORD}
        answer = browser.post("/desk/login/", data=data | {"csrfmiddlewaretoken": token})
        assert answer.status_code == 200
