"""What everybody sees: the first page, errors, and languages for people but not for programs."""

import re

import pytest
from django.test import Client, RequestFactory

from apps.spaces.models import Membership
from memoryhub import errors
from memoryhub.languages import SPOKEN


def test_the_first_page_leads_everywhere(client, db):
    page = client.get("/")
    body = page.content.decode()
    assert page.status_code == 200
    for link in ("/desk/", "/api/docs", "/health/ready"):
        assert f'href="{link}"' in body
    assert " style=" not in body
    assert "<script" not in body


@pytest.mark.parametrize("path", ["/nowhere", "/desk/nowhere/"])
def test_a_missing_page_is_one_sentence(client, db, path):
    page = client.get(path, follow=False)
    assert page.status_code in {404, 302}
    if page.status_code == 404:
        assert "There is nothing here" in page.content.decode()
        assert path not in page.content.decode()


def test_programs_are_told_in_json_and_english(client, db):
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": "ja"})
    assert answer.json()["errors"][0]["detail"] == "Not found."
    told = client.get("/api/v1/me", headers={"Accept-Language": "de"})
    assert "Content-Language" not in told.headers
    assert told.json()["errors"][0]["detail"] == "Authentication credentials were not provided."


def test_what_is_for_others_says_so(desk_client):
    page = desk_client.get("/desk/governance/erasure/")
    assert page.status_code == 403
    assert "This is not for you" in page.content.decode()


@pytest.fixture
def desk_client(world):
    assert not Membership.objects.filter(person=world.alice, role="admin").exists()
    client = Client()
    client.force_login(world.alice)
    return client


def test_a_form_without_its_secret_says_what_to_do(world):
    client = Client(enforce_csrf_checks=True)
    page = client.post("/language", {"language": "ja"})
    assert (page.status_code, "out of date" in page.content.decode()) == (403, True)


def test_our_own_mistake_names_the_request_and_asks_no_database():
    request = RequestFactory().get("/desk/", HTTP_X_REQUEST_ID="abc123")
    page = errors.server_error(request)
    assert (page.status_code, "abc123" in page.content.decode()) == (500, True)
    program = errors.server_error(RequestFactory().get("/api/v1/me"))
    assert program["Content-Type"] == "application/json"


def test_the_language_is_chosen_by_browser_or_by_hand(client, db):
    assert '<html lang="de">' in client.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "x"}).content.decode()
    client.post("/language", {"language": "ko", "next": "/"})
    assert '<html lang="ko">' in client.get("/", headers={"Accept-Language": "de"}).content.decode()


@pytest.mark.parametrize("code", [code for code, _name in SPOKEN])
def test_every_language_has_a_first_page(client, db, code):
    page = client.get("/", headers={"Accept-Language": code})
    assert page.status_code == 200
    chosen = re.findall(r'value="([^"]+)"[^>]*selected', page.content.decode())
    assert chosen == [code]
