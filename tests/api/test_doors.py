"""The table of doors holds for every route that is not for agents."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.identity.core.providers import read
from apps.identity.services import groups, scim_tokens
from memoryhub import sso
from tests.api import routes
from tests.api.doors_table import ASKERS, DOORS, Door
from tests.sso.saml_idp import key_and_certificate

NOWHERE = "http://127.0.0.1:1"
PROVIDERS = ("openid", "github", "saml")


@pytest.fixture
def clients(world, make_agent, settings) -> dict[str, Any]:
    """Who asks, by name; and the providers."""
    settings.SSO = read(_providers())
    settings.SOCIALACCOUNT_PROVIDERS = sso.applications(settings.SSO)
    *_, agent = make_agent(world.alice, ["read", "write"])
    made = {"anonymous": _client(), "alice": _client(), "agent": _bearer(agent)}
    made["alice"].force_login(world.alice)
    for name, organisation in (("directory", world.organisation), ("elsewhere", world.elsewhere)):
        _, plain = scim_tokens.issue(organisation=organisation, name="t", by=SYSTEM)
        made[name] = _bearer(plain)
    return made


@pytest.fixture
def ids(world) -> dict[str, str]:
    described = groups.Described(display_name="Blue")
    group = groups.create(organisation=world.organisation, described=described, by=SYSTEM)
    return {
        "bob": str(world.bob.public_id),
        "group": str(group.public_id),
        **dict(zip(PROVIDERS, PROVIDERS, strict=True)),
        "User": "urn:ietf:params:scim:schemas:core:2.0:User",
        "type": "User",
    }


def test_every_door_has_a_row_and_every_row_a_door():
    found, listed = routes.doors(), {door.route for door in DOORS}
    missing = [f'add Door("{route}", "...") to doors_table.py' for route in found - listed]
    stale = [f"remove {route} from doors_table.py: no such route" for route in listed - found]
    assert not missing + stale, "\n".join(sorted(missing + stale))


def test_everybody_gets_the_answer_of_the_table(clients, ids, subtests):
    for door in DOORS:
        with subtests.test(str(door)):
            given = " ".join(str(ask(clients[who], door, ids).status_code) for who in ASKERS)
            assert given == door.answers, f"{door}: {' '.join(ASKERS)}"


def test_a_directory_learns_nothing_of_another_organisation(clients, ids, subtests):
    """What is not its own is to the byte what is not there, and leaves no event of a read."""
    for door in (one for one in DOORS if one.on in {"bob", "group"}):
        with subtests.test(str(door)):
            told = ask(clients["elsewhere"], door, ids)
            nobody = ask(clients["elsewhere"], door, ids | dict.fromkeys(ids, _NOBODY))
            assert (told.status_code, told.content) == (nobody.status_code, nobody.content)
            assert told.status_code == 404


_NOBODY = "00000000-0000-4000-8000-000000000000"


def ask(client: Any, door: Door, ids: dict[str, str]) -> Any:
    """The answer; whatever it wrote is rolled back."""
    method, path = door.route.split()
    for name in ("{id}", "{provider_id}", "{organization_slug}"):
        path = path.replace(name, ids.get(door.on, ""))
    with transaction.atomic():
        answer = client.generic(
            method,
            path,
            data="" if door.body is None else json.dumps(door.body),
            content_type="application/scim+json" if "/scim/" in path else "application/json",
        )
        transaction.set_rollback(True)
    return answer


def _providers() -> list[dict[str, Any]]:
    """One of each kind, of Aldermoor; nothing listens there."""
    shared = {"domains": ["example.org"], "organisation": "Aldermoor"}
    client = {"client_id": "c", "client_secret": "s"}
    _, certificate = key_and_certificate()
    own = {"idp_entity_id": NOWHERE, "idp_sso_url": NOWHERE, "idp_certificate": certificate}
    return [
        {"id": "openid", "kind": "oidc", "server_url": NOWHERE, **client, **shared},
        {"id": "github", "kind": "github", **client, **shared},
        {"id": "saml", "kind": "saml", **own, **shared},
    ]


def _client(**headers: str) -> Client:
    return Client(headers={"Host": "hub.example.org", **headers})


def _bearer(token: str) -> Client:
    return _client(Authorization=f"Bearer {token}")


def test_reads_of_a_directory_are_on_record(world, clients, ids):
    client = clients["directory"]
    asked = {
        "Users": ("person", "scim.list", None),
        f"Users/{ids['bob']}": ("person", "scim.retrieve", {ids["bob"]}),
        "Groups": ("group", "scim.list", {ids["group"]}),
        f"Groups/{ids['group']}": ("group", "scim.retrieve", {ids["group"]}),
    }
    for path, (noun, view, named) in asked.items():
        before = AuditEvent.objects.count()
        answer = client.get(f"/scim/v2/{path}")
        assert answer.status_code == 200
        event = AuditEvent.objects.latest("id")
        assert AuditEvent.objects.count() == before + 1
        assert (event.action, event.detail) == (f"{noun}.read", {"view": view})
        assert event.organisation == world.organisation.public_id
        assert event.token is not None
        shown = {str(one) for one in event.object_ids}
        assert shown == (named or {row["id"] for row in answer.json()["Resources"]})
    before = AuditEvent.objects.count()
    assert client.get("/scim/v2/Schemas").status_code == 200
    assert AuditEvent.objects.count() == before
