"""Browsers without a browser: Django's client, signed in at the desk."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.services.events import SYSTEM
from apps.curation.models import Candidate
from apps.spaces.models import Membership
from apps.spaces.services import grants
from tests.conftest import World
from tests.desk.stage import Said, propose


@pytest.fixture
def desk_of() -> Callable[[User], Client]:
    """A client that checks CSRF and is signed in as the person."""

    def make(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return make


@pytest.fixture
def desk(desk_of: Callable[[User], Client], alice: User) -> Client:
    """Alice's; she curates the team and the organisation."""
    return desk_of(alice)


@pytest.fixture
def admin(world: World, desk: Client) -> Client:
    """Alice's desk; she administers."""
    Membership.objects.filter(person=world.alice).update(role="admin")
    return desk


@pytest.fixture
def carol(world: World) -> User:
    """Another reviewer of the team: Dora, of the other one."""
    grants.grant(space=world.team, person=world.dora, role="reviewer", by=SYSTEM)
    return world.dora


@pytest.fixture
def request_row(world: World) -> Candidate:
    """A pending request to publish what Bob and Dora said to the team."""
    return propose(
        world.team,
        [
            Said(world.bob, "Halden needs orders before 14:00."),
            Said(world.dora, "Order at Halden by 2 pm or it ships a day later."),
        ],
    )


def page_of(candidate: Candidate, verb: str = "") -> str:
    """Address of a request's page, or of a verb on it."""
    return f"/desk/curation/candidate/{candidate.public_id}/{verb}"
