"""Organisations, teams and the tree they make."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.core import ancestry
from apps.spaces.models import Membership, Space
from apps.spaces.services import grants, organisations, tree


@st.composite
def trees(draw):
    """Parent by id of a forest of up to 30 spaces; each parent has a smaller id."""
    size = draw(st.integers(1, 30))
    roots = draw(st.integers(1, 2))
    return {node: None if node < roots else draw(st.integers(0, node - 1)) for node in range(size)}


def above(node, parent_of):
    path = []
    while (node := parent_of[node]) is not None:
        path.append(node)
    return path


@given(trees(), st.data())
def test_the_common_ancestor_is_above_all_and_the_nearest(parent_of, data):
    chosen = data.draw(st.lists(st.sampled_from(sorted(parent_of)), min_size=1, max_size=5))
    found = ancestry.common_ancestor(chosen, parent_of)
    shared = set.intersection(*(set(above(node, parent_of)) for node in chosen))
    if found is None:
        assert not shared
    else:
        assert found in shared
        assert shared == {found, *above(found, parent_of)}


@given(trees(), st.data())
def test_order_and_repetition_do_not_change_the_common_ancestor(parent_of, data):
    chosen = data.draw(st.lists(st.sampled_from(sorted(parent_of)), min_size=1, max_size=5))
    shuffled = data.draw(st.permutations(chosen + chosen))
    assert ancestry.common_ancestor(chosen, parent_of) == ancestry.common_ancestor(
        shuffled, parent_of
    )


@given(trees(), st.data())
def test_one_space_s_common_ancestor_is_its_parent(parent_of, data):
    node = data.draw(st.sampled_from(sorted(parent_of)))
    assert ancestry.common_ancestor([node], parent_of) == parent_of[node]


def test_no_spaces_have_no_common_ancestor():
    assert ancestry.common_ancestor([], {1: None}) is None


def test_a_cycle_in_the_data_ends():
    assert ancestry.common_ancestor([1], {1: 2, 2: 3, 3: 2}) == 2


@given(trees(), st.data())
def test_the_nearest_of_some_is_the_first_of_them_on_the_way_up(parent_of, data):
    node = data.draw(st.sampled_from(sorted(parent_of)))
    among = data.draw(st.sets(st.sampled_from(sorted(parent_of))))
    found = ancestry.nearest(node, parent_of, among)
    met = among.intersection((node, *above(node, parent_of)))
    assert found == max(met, default=None)  # parents have smaller ids


def test_the_first_team_is_where_the_personal_space_hangs(world):
    assert world.personal(world.bob).parent == world.team
    tree.settle(team=world.other_team, person=world.bob)
    assert world.personal(world.bob).parent == world.team
    parents = tree.parents(world.organisation.pk)
    own = [world.personal(person).pk for person in (world.alice, world.bob)]
    assert ancestry.common_ancestor(own, parents) == world.team.pk
    assert (
        ancestry.common_ancestor([own[0], world.personal(world.dora).pk], parents) == world.root.pk
    )


def test_the_tree_of_one_organisation_names_no_other(world):
    assert organisations.root_of(world.elsewhere).pk not in tree.parents(world.organisation.pk)


def test_a_person_joins_one_organisation_once(world, make_agent):
    with pytest.raises(Conflict, match="belongs to an organisation already"):
        organisations.join(organisation=world.organisation, person=world.charlie)
    agent, _, _ = make_agent(world.charlie)
    with pytest.raises(Invalid, match="where their owner belongs"):
        organisations.join(organisation=world.organisation, person=agent)
    assert Space.objects.filter(person=world.charlie).count() == 1


@pytest.mark.parametrize("where", ["personal", "elsewhere"])
def test_a_team_hangs_below_a_shared_space_of_its_organisation(where, world):
    parent = (
        world.personal(world.alice)
        if where == "personal"
        else organisations.root_of(world.elsewhere)
    )
    with pytest.raises(Invalid) as error:
        tree.create_team(organisation=world.organisation, name="Red", parent=parent)
    assert error.value.attr == "parent"


def test_team_names_are_unique_in_an_organisation_only(world):
    with pytest.raises(Conflict) as error:
        tree.create_team(organisation=world.organisation, name="Blue", parent=world.root)
    assert error.value.attr == "name"
    root = organisations.root_of(world.elsewhere)
    assert tree.create_team(organisation=world.elsewhere, name="Blue", parent=root).name == "Blue"


def test_the_creator_of_a_team_curates_it_at_once(world, client_of):
    client = client_of(world.alice)
    made = client.post("/api/v1/spaces", {"name": "Red"})
    assert made.status_code == 201
    assert made.json()["permissions"] == ["read", "write", "review", "manage"]
    assert made.json()["parent"] == str(world.root.public_id)
    event = AuditEvent.objects.filter(action="space.create").latest("id")
    assert event.actor == world.alice.public_id


def test_managing_members_answers_with_the_new_list(world, client_of):
    client = client_of(world.alice)
    url = f"/api/v1/spaces/{world.team.public_id}/members"

    def roles(answer):
        assert answer.status_code == 200, answer.content
        return {row["person"]["name"]: row["role"] for row in answer.json()}

    assert roles(client.get(url)) == {"Alice": "curator", "Bob": "member"}
    added = client.post(url, {"email": "Dora@Example.org", "role": "reviewer"})
    assert roles(added) == {"Alice": "curator", "Bob": "member", "Dora": "reviewer"}
    removed = client.post(url, {"email": "bob@example.org", "role": ""})
    assert roles(removed) == {"Alice": "curator", "Dora": "reviewer"}


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "team", "parent": None},
        {"kind": "organisation"},
        {"kind": "personal"},
        {"kind": "team", "name": "Blue"},
        {"kind": "organisation", "parent": None},
        {"kind": "team", "person": "charlie"},
    ],
    ids=str,
)
def test_the_database_refuses_impossible_spaces(changes, world):
    row = {"kind": "team", "name": "X", "parent": world.root, **changes}
    if "person" in row:
        row["person"] = world.charlie
    with pytest.raises(IntegrityError), transaction.atomic():
        Space.objects.create(organisation=world.organisation, **row)


@pytest.mark.parametrize("role", ["", "viewer", "member", "reviewer"])
def test_a_space_keeps_its_last_curator(role, world, client_of):
    url = f"/api/v1/spaces/{world.team.public_id}/members"
    body = {"email": "alice@example.org", "role": role}
    client = client_of(world.alice)
    refused = client.post(url, body)
    assert refused.status_code == 409
    assert "last curator" in refused.json()["errors"][0]["detail"]
    assert dict(grants.members(world.team))[world.alice] == "curator"
    grants.grant(space=world.team, person=world.bob, role="curator", by=SYSTEM)
    assert client.post(url, body).status_code == 200


def test_a_curator_who_left_is_not_counted(world, client_of):
    grants.grant(space=world.team, person=world.bob, role="curator", by=SYSTEM)
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    url = f"/api/v1/spaces/{world.team.public_id}/members"
    body = {"email": "alice@example.org", "role": ""}
    assert client_of(world.alice).post(url, body).status_code == 409


def test_an_administrator_removes_the_last_curator(world, client_of):
    Membership.objects.filter(person=world.dora).update(role="admin")
    url = f"/api/v1/spaces/{world.team.public_id}/members"
    answer = client_of(world.dora).post(url, {"email": "alice@example.org", "role": ""})
    assert answer.status_code == 200
    assert [person for person, _ in grants.members(world.team)] == [world.bob]
