"""The desk is the only place where the content policy gives way, and by one word only."""

import pytest
from django.test import Client

from tests.desk.conftest import page_of


def policy(answer):
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in (directive.split() for directive in directives)}


@pytest.mark.parametrize("address", ["/desk/", "/desk/login/", "/desk/curation/candidate/"])
def test_the_desk_may_evaluate_but_runs_nothing_inline(desk, address):
    answer = desk.get(address, follow=True)
    found = policy(answer)
    assert found["script-src"] == ["'self'", "'unsafe-eval'"]
    assert found["style-src"] == ["'self'"]
    assert found["default-src"] == ["'none'"]
    body = answer.content.decode()
    assert "<style" not in body
    assert " style=" not in body
    assert "<script>" not in body


@pytest.mark.parametrize("address", ["/", "/api/v1/me", "/health/live", "/nowhere"])
def test_everywhere_else_is_strict(client, db, address):
    assert policy(client.get(address))["script-src"] == ["'self'"]


def test_a_page_that_does_not_exist_is_strict_too(desk, request_row):
    missing = page_of(request_row).replace(
        str(request_row.public_id), "0" * 8 + "-0000-4000-8000-" + "0" * 12
    )
    answer = desk.get(missing)
    assert answer.status_code == 404
    assert "'unsafe-eval'" not in answer.headers["Content-Security-Policy"]


def test_the_login_page_sends_no_frames_and_no_types(db):
    answer = Client().get("/desk/login/")
    assert policy(answer)["frame-ancestors"] == ["'none'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
