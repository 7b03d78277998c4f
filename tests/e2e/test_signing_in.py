"""Signing in by a provider, in a browser, with the provider's pages on another origin."""

import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from oidc_provider_mock import app as provider_app
from playwright.sync_api import expect
from werkzeug.serving import make_server

from apps.accounts.models import User
from apps.identity.core.providers import read
from apps.identity.models import GroupMapping
from memoryhub import sso
from tests.conftest import World

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the provider's, in its thread
]


@pytest.fixture(scope="session")
def provider_url() -> Iterator[str]:
    """An OpenID provider that is not ours, over real HTTP."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = make_server("127.0.0.1", 0, provider_app(require_nonce=True), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(provider_url: str, settings: Any, world: World) -> Callable[..., None]:
    """`provider(sub, **claims)` is what it knows of somebody; three buttons are configured."""

    one = {
        "id": "okta", "kind": "okta", "name": "Okta", "server_url": provider_url,
        "client_id": "hub", "client_secret": "s", "domains": ["example.org"],
        "organisation": "Aldermoor",
    }  # fmt: skip
    two = {**one, "id": "entra", "kind": "entra", "name": "Microsoft"}
    three = {**one, "id": "github", "kind": "github", "name": "GitHub", "server_url": ""}
    settings.SSO = read([one, two, three])
    settings.SOCIALACCOUNT_PROVIDERS = sso.applications(settings.SSO)
    GroupMapping.objects.create(
        organisation=world.organisation, group="Reviewers", space=world.team, space_role="reviewer"
    )

    def _knows(sub: str, **claims: Any) -> None:
        requests.put(f"{provider_url}/users/{sub}", json=claims, timeout=10).raise_for_status()

    return _knows


ERIN = {"email": "erin@example.org", "email_verified": True, "name": "Erin Aoki"}


def sign_in(page: Any, live_server: Any, sub: str) -> None:
    page.goto(f"{live_server.url}/desk/")
    page.get_by_role("button", name="Continue with Okta").click()
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name="Authorize").click()


def test_the_login_page(page, live_server, provider, shoot, complaints):
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{live_server.url}/desk/login/")
            page.wait_for_load_state("networkidle")
            expect(page.get_by_role("button", name="Continue with Microsoft")).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            shoot(page, f"login-{scheme}-{width}")
    assert complaints == []


def test_first_sign_in_group_change_and_deactivation(
    page, live_server, provider, shoot, complaints, world
):
    provider("erin", **ERIN, groups=["Reviewers"])
    sign_in(page, live_server, "erin")
    expect(page.get_by_role("link", name="Requests")).to_be_visible()
    shoot(page, "first-sign-in")
    erin = User.objects.get(email="erin@example.org")
    User.objects.filter(pk=erin.pk).update(is_active=False)
    page.reload()
    expect(page.get_by_role("button", name="Continue with Okta")).to_be_visible()
    sign_in(page, live_server, "erin")
    expect(page.get_by_role("alert")).to_have_text("This account is switched off.")
    User.objects.filter(pk=erin.pk).update(is_active=True)
    provider("erin", **ERIN, groups=[])
    sign_in(page, live_server, "erin")
    expect(page.get_by_role("alert")).to_contain_text("None of your groups opens this hub.")
    shoot(page, "group-gone")
    theirs = "Failed to load resource"  # the provider's page wants a style from elsewhere
    assert [told for told in complaints if not told.startswith(theirs)] == []
