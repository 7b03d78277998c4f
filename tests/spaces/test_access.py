"""Who may do what where: the roles of the house, personal spaces, no way around them."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actors import of_token, of_user
from apps.accounts.models import User
from apps.accounts.services import users
from apps.audit.services.events import SYSTEM
from apps.kernel.errors import Invalid
from apps.memories.models import Memory
from apps.spaces import access
from apps.spaces.models import Membership, OrganisationRole, Space, SpaceUserPermission
from apps.spaces.services import grants, organisations, tree

ROLES = {
    "viewer": {"read"},
    "member": {"read", "write"},
    "reviewer": {"read", "write", "review"},
    "curator": {"read", "write", "review", "manage"},
}


def held(user, space):
    """Permissions of a user's session on a space."""
    resolved = access.of(of_user(user))
    return {name for name in access.PERMISSIONS if resolved.allows(name, space.pk)}


@pytest.fixture
def newcomer(world):
    person = users.create_person(email="new@example.org", name="New")
    organisations.join(organisation=world.organisation, person=person)
    return person


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gives_exactly_its_permissions(role, world, newcomer):
    grants.grant(space=world.team, person=newcomer, role=role, by=SYSTEM)
    assert held(newcomer, world.team) == ROLES[role]
    assert held(newcomer, world.other_team) == set()


@pytest.mark.parametrize("first", ROLES)
@pytest.mark.parametrize("second", ROLES)
def test_a_new_role_replaces_the_old_one(first, second, world, newcomer):
    for role in (first, second):
        grants.grant(space=world.team, person=newcomer, role=role, by=SYSTEM)
    assert held(newcomer, world.team) == ROLES[second]
    assert [r for person, r in grants.members(world.team) if person == newcomer] == [second]


def test_withdrawing_takes_everything_and_can_be_repeated(world):
    for _ in range(2):
        grants.withdraw(space=world.team, person=world.bob, by=SYSTEM)
    assert held(world.bob, world.team) == set()
    assert held(world.bob, world.root) == {"read"}


def test_one_reads_and_writes_one_s_own_space_and_no_more(world):
    own = world.personal(world.alice)
    assert held(world.alice, own) == {"read", "write"}
    assert held(world.bob, own) == set()


def test_a_grant_does_not_reach_spaces_below_or_above(world):
    below = tree.create_team(organisation=world.organisation, name="Below", parent=world.team)
    assert held(world.alice, below) == set()
    assert held(world.bob, world.team) == {"read", "write"}
    assert held(world.bob, world.root) == {"read"}


@pytest.mark.parametrize("role", OrganisationRole.values)
def test_no_role_in_the_organisation_opens_a_space(role, world):
    """Admins manage every shared space but read only what they were granted, as all others do."""
    Membership.objects.filter(person=world.dora).update(role=role)
    assert held(world.dora, world.team) == ({"manage"} if role == "admin" else set())
    assert held(world.dora, world.personal(world.alice)) == set()


def test_a_superuser_reads_no_personal_space(world, write, client_of):
    note = write(world.alice, "Mine alone.")
    User.objects.filter(pk=world.dora.pk).update(is_superuser=True, is_staff=True)
    world.dora.refresh_from_db()
    assert held(world.dora, world.personal(world.alice)) == set()
    client = client_of(world.dora)
    assert client.get(f"/api/v1/memories/{note.public_id}").status_code == 404
    assert client.get("/api/v1/memories").json()["results"] == []


def test_a_row_that_grants_a_personal_space_opens_nothing(world):
    """Even a grant forged below the services, to a group or to the person."""
    own = world.personal(world.alice)
    permission = Permission.objects.get(codename="read_space")
    SpaceUserPermission.objects.create(user=world.bob, permission=permission, content_object=own)
    grants.create_role_groups(space=own)
    world.bob.groups.add(*own.spacegrouppermission_set.values_list("group", flat=True))
    assert held(world.bob, own) == set()


def test_who_left_the_organisation_keeps_no_access(world):
    Membership.objects.filter(person=world.bob).delete()
    assert held(world.bob, world.team) == set()
    assert held(world.bob, world.personal(world.bob)) == set()


def test_agents_hold_what_their_owner_holds_but_review_and_manage(world, make_agent):
    _, token, _ = make_agent(world.alice)
    resolved = access.of(of_token(token))
    owner = access.of(of_user(world.alice))
    for permission in ("read", "write"):
        assert resolved.ids(permission) == owner.ids(permission)
    assert not resolved.ids("review") | resolved.ids("manage")


def test_access_is_resolved_in_one_query_once(world):
    actor = of_user(world.alice)
    with CaptureQueriesContext(connection) as queries:
        access.of(actor)
        access.of(actor).allows("read", 1)
    assert len(queries) == 1


def test_somebody_without_an_organisation_has_nothing_and_is_told_so(db, client_of):
    loner = users.create_person(email="loner@example.org", name="Loner")
    client = client_of(loner)
    assert client.get("/api/v1/me").json()["organisation"] is None
    assert client.get("/api/v1/spaces").json()["results"] == []
    assert client.post("/api/v1/memories", {"text": "a"}).status_code == 400
    assert client.post("/api/v1/outcomes", {"task": "t", "success": True}).status_code == 403
    assert client.post("/api/v1/spaces", {"name": "Mine"}).status_code == 403
    assert not Memory.objects.exists()
    assert not Space.objects.exists()


def test_grants_are_for_people_of_the_organisation(world, make_agent):
    agent, _, _ = make_agent(world.alice)
    for person, field in ((agent, "person"), (world.charlie, "person")):
        with pytest.raises(Invalid) as error:
            grants.grant(space=world.team, person=person, role="member", by=SYSTEM)
        assert error.value.attr == field
    own = world.personal(world.alice)
    with pytest.raises(Invalid, match="shared with nobody"):
        grants.grant(space=own, person=world.bob, role="viewer", by=SYSTEM)
    with pytest.raises(Invalid, match="role must be one of"):
        grants.grant(space=world.team, person=world.bob, role="owner", by=SYSTEM)


def test_an_answer_names_the_parent_only_to_who_reads_it(world, client_of):
    """A personal space below the team shows the team to its person, who is in it."""
    client = client_of(world.bob)
    own = client.get(f"/api/v1/spaces/{world.personal(world.bob).public_id}").json()
    assert own["parent"] == str(world.team.public_id)
    grants.withdraw(space=world.team, person=world.bob, by=SYSTEM)
    own = client.get(f"/api/v1/spaces/{world.personal(world.bob).public_id}").json()
    assert str(world.team.public_id) not in str(own)
