"""What a page elsewhere has a browser send, with the cookies of somebody signed in."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from tests.api.permission_table import ROWS
from tests.conftest import PASSWORD

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# An identity provider sends its answer through the browser; the answer is signed
_SIGNED = {"sso/<slug:organization_slug>/saml/acs"}


def views(resolver: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every address and what answers it."""
    for each in resolver.url_patterns:
        at = f"{before}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from views(each, at)
        elif isinstance(each, URLPattern):
            yield at, each.callback


def test_a_session_alone_changes_nothing_through_the_api(world, settings):
    settings.RATE_LIMIT_PER_MINUTE = 10**9
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(username=world.alice.email, password=PASSWORD)
    asked = 0
    for route in sorted({row.route for row in ROWS}):
        method, _, path = route.partition(" ")
        if method not in UNSAFE:
            continue
        address = path.replace("{id}", str(uuid4()))
        answer = client.generic(method, address, "{}", content_type="application/json")
        assert answer.status_code == 403, route
        assert "CSRF" in answer.json()["errors"][0]["detail"], route
        asked += 1
    assert asked > 70


def test_no_page_is_exempt_but_what_is_signed(world):
    exempt = {
        at
        for at, view in views(get_resolver())
        if getattr(view, "csrf_exempt", False) and not hasattr(view, "cls")
    }
    assert exempt == _SIGNED
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.alice)
    space = world.team.public_id
    for address in (
        f"/desk/consolidation/proposal/try?space={space}",
        f"/desk/canon/document/remotes/{space}/push",
    ):
        answer = client.post(address, {"prompt": "x", "clusters": 1})
        assert answer.status_code == 403, address
