"""Of which relations a subject has one object at a time: administrators and operators say."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent
from apps.graph.models import Relation
from apps.graph.services import types
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces.models import Membership
from tests.graph.conftest import related

FEEDS = "/api/v1/graph/types"


@pytest.fixture
def administrator(world, alice):
    Membership.objects.filter(person=alice).update(role="admin")
    return alice


@pytest.fixture
def two_feeds(alice, say) -> None:
    for line in ("Line 1", "Line 2"):
        say(alice, line, metadata=related("E-204", "feeds", line, valid_from="2026-01-01"))


def statuses() -> dict[str, str]:
    return dict(Relation.objects.values_list("object__normalised", "status"))


def test_an_administrator_says_what_contradicts(administrator, client, two_feeds):
    client.force_login(administrator)
    assert {"name": "status", "functional": True} in client.get(FEEDS).json()["results"]
    answer = client.patch(
        FEEDS, {"name": "feeds", "functional": True}, content_type="application/json"
    )
    assert answer.json() == {"name": "feeds", "functional": True}
    assert statuses() == {"line 1": "active", "line 2": "conflicting"}
    told = AuditEvent.objects.get(action="graph.type")
    assert told.detail == {"name": "feeds", "functional": True}
    client.patch(FEEDS, {"name": "feeds", "functional": False}, content_type="application/json")
    assert statuses() == {"line 1": "active", "line 2": "active"}
    refused = client.patch(
        FEEDS, {"name": "Feeds!", "functional": True}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "name")


def test_others_do_not(alice, actor_of):
    with pytest.raises(Forbidden):
        types.declare(actor=actor_of(alice), name="feeds", functional=True)


def test_an_operator_says_it_by_command(world, two_feeds):
    out = StringIO()
    asked = ["graph", "types", "feeds", "--one", "--organisation", world.organisation.name]
    call_command(*asked, stdout=out)
    assert "  feeds: one\n" in out.getvalue()
    assert "  located_in: one\n" in out.getvalue()
    assert sorted(statuses().values()) == ["active", "conflicting"]
    with pytest.raises(CommandError, match="--organisation"):
        call_command("graph", "types", "feeds", "--several")
    with pytest.raises(CommandError, match="--one or --several"):
        call_command("graph", "types", "feeds")


def test_a_type_has_a_name(world):
    with pytest.raises(Invalid):
        types.set_functional(organisation=world.organisation, name="Not one", functional=True)
