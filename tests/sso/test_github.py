"""Signing in by GitHub, against a server of its shape over real HTTP."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.identity.models import GroupMapping, Identity
from apps.identity.sso.github.adapter import Adapter
from apps.spaces import access
from tests.sso.conftest import Visitor, refusal

OWNED = {"email": "ivo@example.org", "primary": True, "verified": True}


@dataclass
class GitHub:
    """What it says of whoever signs in."""

    emails: list[dict[str, Any]] = field(default_factory=lambda: [OWNED])
    organisations: list[str] = field(default_factory=lambda: ["mill"])
    teams: list[tuple[str, str]] = field(default_factory=lambda: [("mill", "reviewers")])


@pytest.fixture
def github(monkeypatch, configure, world) -> Iterator[GitHub]:
    told, app = GitHub(), Flask("github")

    @app.post("/login/oauth/access_token")
    def token() -> Any:
        assert request.form["client_secret"] == "s"
        assert request.form["code_verifier"]
        return jsonify(access_token="t", token_type="bearer", scope="read:org,user:email")

    @app.get("/user")
    def user() -> Any:
        assert request.headers["Authorization"] == "Bearer t"
        return jsonify(id=4711, login="ivo", name="Ivo Lind", email="public@elsewhere.example")

    @app.get("/user/<what>")
    def more(what: str) -> Any:
        rows: dict[str, list[Any]] = {
            "emails": told.emails,
            "orgs": [{"login": name} for name in told.organisations],
            "teams": [
                {"slug": slug, "organization": {"login": login}} for login, slug in told.teams
            ],
        }
        start = (int(request.args["page"]) - 1) * 100
        return jsonify(rows[what][start : start + 100])

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    for name, path in (
        ("access_token_url", "/login/oauth/access_token"), ("profile_url", "/user"),
        ("emails_url", "/user/emails"), ("api_url", ""),
    ):  # fmt: skip
        monkeypatch.setattr(Adapter, name, url + path)
    configure(
        {"id": "gh", "kind": "github", "name": "GitHub", "domains": ["example.org"],
         "organisation": "Aldermoor", "client_id": "c", "client_secret": "s"}
    )  # fmt: skip
    GroupMapping.objects.create(
        organisation=world.organisation, group="mill/reviewers", space=world.team,
        space_role="reviewer",
    )  # fmt: skip
    yield told
    server.shutdown()
    server.server_close()


def sign_in(visitor: Visitor) -> Any:
    page = visitor.client.post("/sso/gh/github/login").content.decode()
    address = page.partition("0;url=")[2].partition('"')[0].replace("&amp;", "&")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith("https://github.com/login/oauth/authorize?")
    assert set(asked["scope"][0].split()) == {"read:org", "user:email"}
    assert asked["redirect_uri"] == ["http://testserver/sso/gh/github/callback"]
    back = urlencode({"code": "x", "state": asked["state"][0]})
    return visitor.client.get(f"/sso/gh/github/callback?{back}")


def test_teams_are_groups_and_the_primary_verified_address_counts(github, visitor, world):
    assert sign_in(visitor).headers["Location"] == "/desk/"
    ivo = visitor.person
    assert ivo is not None
    assert (ivo.email, ivo.name) == ("ivo@example.org", "Ivo Lind")
    assert access.of(of_user(ivo)).ids("review") == {world.team.pk}
    identity = Identity.objects.get(person=ivo)
    assert (identity.issuer, identity.subject) == ("https://github.com", "4711")
    github.teams = []
    assert refusal(sign_in(Visitor(Client()))) == "no_group"
    ivo.refresh_from_db()
    assert not ivo.is_active


def test_an_address_that_is_not_verified_or_not_primary_counts_for_nothing(github, visitor):
    github.emails = [{**OWNED, "verified": False}, {**OWNED, "primary": False}]
    assert refusal(sign_in(visitor)) == "no_email"
    assert not User.objects.filter(email="ivo@example.org").exists()


def test_more_than_one_page_of_teams_is_read(github, visitor, world):
    github.teams = [("mill", f"team-{n}") for n in range(120)] + [("mill", "reviewers")]
    sign_in(visitor)
    assert visitor.person is not None
    assert access.of(of_user(visitor.person)).ids("review") == {world.team.pk}
