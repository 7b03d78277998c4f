"""What every answer says to browsers, and what none says to anybody."""

import pytest
from django.conf import settings as live
from django.test import Client
from rest_framework.test import APIClient

from tests.conftest import PASSWORD

PAGES = ["/", "/desk/", "/desk/login/", "/api/v1/me", "/api/docs", "/health/live", "/nowhere"]
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_has_the_headers(db, client, address):
    answer = client.get(address)
    for name, value in EVERYWHERE.items():
        assert answer[name] == value, name
    assert "camera=()" in answer["Permissions-Policy"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert ("'unsafe-eval'" in policy) == address.startswith("/desk/")


@pytest.mark.parametrize("address", PAGES)
def test_no_answer_says_what_serves_it_or_lets_other_origins_read(db, client, address):
    answer = client.get(address, headers={"Origin": "https://evil.example"})
    for name in ("Server", "X-Powered-By", "Via", "Access-Control-Allow-Origin"):
        assert name not in answer, name
    asked = client.options(
        address,
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in asked.headers if name.lower().startswith("access-control")]


def test_what_depends_on_the_asker_is_kept_by_no_cache(world, client_of):
    client = client_of(world.alice)
    for address in ("/api/v1/me", "/api/v1/memories", "/desk/"):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_cookies_are_for_this_site_and_not_for_scripts(world):
    client = Client()
    client.get("/desk/login/")
    form = {"username": "alice@example.org", "password": PASSWORD}
    assert client.post("/desk/login/?next=/desk/", form).status_code == 302
    for name in (live.SESSION_COOKIE_NAME, live.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name


@pytest.mark.parametrize("host", ["evil.example", "hub.example.org.evil.example", "a b", ""])
@pytest.mark.parametrize("address", ["/desk/login/", "/api/v1/me"])
def test_another_host_is_refused_without_a_word_about_it(db, settings, host, address):
    settings.ALLOWED_HOSTS = ["hub.example.org"]
    client = Client(raise_request_exception=False)
    answer = client.get(address, headers={"Host": host})
    assert answer.status_code == 400
    body = answer.content.decode()
    assert "ALLOWED_HOSTS" not in body
    assert host == "" or host not in body
    if address.startswith("/api/"):
        assert answer.json()["errors"][0]["code"] == "invalid"
    assert client.get("/health/live", headers={"Host": "hub.example.org"}).status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/memories", "/desk/"])
def test_a_bug_of_ours_tells_nothing(world, client_of, address, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the inner workings: /srv/secret.py")

    monkeypatch.setattr("apps.spaces.access._resolve", broken)
    client: APIClient = client_of(world.alice)
    client.raise_request_exception = False
    answer = client.get(address)
    assert answer.status_code == 500
    for word in ("inner", "secret.py", "RuntimeError", "Traceback"):
        assert word not in answer.content.decode()


def test_the_documentation_needs_no_inline_style(db, client):
    body = client.get("/api/docs").content.decode()
    assert "<style" not in body
    assert " style=" not in body
    assert "<script>" not in body
