"""Providers over real HTTP, an organisation that maps groups, and somebody at a browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.http import HttpResponseBase
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.identity.core.providers import read
from apps.identity.models import GroupMapping
from memoryhub import sso
from tests.conftest import World
from tests.sso.provider import CLIENT, SECRET, Provider, serve


def described(provider_id: str, url: str, **more: Any) -> dict[str, Any]:
    """An entry of SSO_PROVIDERS."""
    return {
        "id": provider_id, "kind": "oidc", "name": provider_id.title(), "server_url": url,
        "client_id": CLIENT, "client_secret": SECRET, "domains": ["example.org"],
        "organisation": "Aldermoor", **more,
    }  # fmt: skip


@pytest.fixture(scope="session")
def _served() -> Iterator[Provider]:
    provider = Provider()
    server = serve(provider)
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture
def idp(_served: Provider) -> Provider:
    _served.will_say()
    return _served


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """`configure(entry, ...)` is SSO_PROVIDERS from now on."""

    def _configure(*entries: dict[str, Any]) -> None:
        settings.SSO = read(list(entries))
        settings.SOCIALACCOUNT_PROVIDERS = sso.applications(settings.SSO)

    return _configure


@pytest.fixture
def acme(idp: Provider, configure: Callable[..., None], world: World) -> Provider:
    """The provider as `acme` of Aldermoor, which maps the groups `Blue reviewers` and `Admins`."""
    configure(described("acme", idp.url))
    organisation = world.organisation
    GroupMapping.objects.create(
        organisation=organisation, group="Blue reviewers", space=world.team, space_role="reviewer"
    )
    GroupMapping.objects.create(
        organisation=organisation, source="acme", group="Admins", organisation_role="admin"
    )
    return idp


@dataclass
class Visitor:
    """Somebody with a browser that follows redirects to the provider and back."""

    client: Client

    def begin(self, provider_id: str = "acme", **form: str) -> str:
        """Press the button; returns the address at the provider."""
        answer = self.client.post(f"/sso/{provider_id}/login", form)
        assert answer.status_code == 200, answer.content
        page = answer.content.decode()
        address = page.partition("0;url=")[2].partition('"')[0].replace("&amp;", "&")
        assert address.startswith("http")
        return address

    def at_provider(self, address: str) -> str:
        """What the provider sends back to: path and query of our own."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        assert back.netloc == "testserver"
        return f"{back.path}?{back.query}"

    def sign_in(self, provider_id: str = "acme", **form: str) -> Any:
        """All of it; returns the hub's last answer."""
        return self.client.get(self.at_provider(self.begin(provider_id, **form)))

    @property
    def person(self) -> User | None:
        """Who is signed in in this browser."""
        key = self.client.session.get("_auth_user_id")
        return User.objects.get(pk=key) if key else None


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(Client())


def refusal(answer: HttpResponseBase) -> str:
    """The code with which somebody was sent back to the login page."""
    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    assert address.path == "/desk/login/"
    (code,) = parse_qs(address.query)["refused"]
    return code


def last_event(action: str) -> AuditEvent:
    event = AuditEvent.objects.filter(action=action).order_by("-pk").first()
    assert event is not None, action
    return event
