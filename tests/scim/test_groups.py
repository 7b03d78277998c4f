"""/Groups, and the roles that mappings make of them."""

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.identity.models import DirectoryGroup, GroupMapping
from apps.spaces import access
from tests.scim.conftest import GROUP


@pytest.fixture
def mapped(world):
    return GroupMapping.objects.create(
        organisation=world.organisation, source="scim", group="Blue reviewers",
        space=world.team, space_role="reviewer",
    )  # fmt: skip


def reviews(person_id):
    person = User.objects.get(public_id=person_id)
    return access.of(of_user(person)).ids("review")


def group_of(directory, *ids, name="Blue reviewers"):
    members = [{"value": each} for each in ids]
    body = {"schemas": [GROUP], "displayName": name, "externalId": "g1", "members": members}
    answer = directory("POST", "Groups", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_group_gives_its_members_roles_at_once_and_takes_them_at_once(
    directory, made, mapped, world
):
    grace = made()["id"]
    group = group_of(directory, grace)
    assert [member["value"] for member in group["members"]] == [grace]
    assert reviews(grace) == {world.team.pk}
    assert directory("GET", f"Users/{grace}").json()["groups"][0]["display"] == "Blue reviewers"
    emptied = {"schemas": [GROUP], "displayName": "Blue reviewers", "members": []}
    assert "members" not in directory("PUT", f"Groups/{group['id']}", emptied).json()
    assert reviews(grace) == frozenset()


def test_renaming_and_deleting_a_group_takes_what_its_name_gave(directory, made, mapped, world):
    grace = made()["id"]
    group = group_of(directory, grace)
    rename = {"op": "replace", "path": "displayName", "value": "Something else"}
    assert directory.patch(f"Groups/{group['id']}", rename).status_code == 200
    assert reviews(grace) == frozenset()
    back = {"op": "replace", "path": "displayName", "value": "blue REVIEWERS"}
    directory.patch(f"Groups/{group['id']}", back)
    assert reviews(grace) == {world.team.pk}
    assert directory("DELETE", f"Groups/{group['id']}").status_code == 204
    assert reviews(grace) == frozenset()


def test_a_user_who_is_deleted_leaves_every_group(directory, made, mapped):
    grace = made()["id"]
    group = group_of(directory, grace)
    directory("DELETE", f"Users/{grace}")
    assert "members" not in directory("GET", f"Groups/{group['id']}").json()
    assert reviews(grace) == frozenset()


def test_members_of_other_organisations_are_no_users(directory, mapped, world):
    body = {
        "schemas": [GROUP], "displayName": "Blue reviewers",
        "members": [{"value": str(world.charlie.public_id)}],
    }  # fmt: skip
    answer = directory("POST", "Groups", body)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    body["members"] = [{"value": "no id"}]
    assert directory("POST", "Groups", body).status_code == 400
    assert not DirectoryGroup.objects.exists()


def test_names_are_unique_in_an_organisation_and_free_in_another(directory, other_directory):
    group_of(directory)
    clash = directory("POST", "Groups", {"schemas": [GROUP], "displayName": "BLUE reviewers"})
    assert (clash.status_code, clash.json()["scimType"]) == (409, "uniqueness")
    group_of(other_directory)


def test_an_organisation_s_token_sees_only_its_own_groups(directory, other_directory):
    group = group_of(directory)
    path = f"Groups/{group['id']}"
    assert other_directory("GET", path).status_code == 404
    assert other_directory("DELETE", path).status_code == 404
    assert other_directory("GET", "Groups").json()["totalResults"] == 0
    assert directory("GET", 'Groups?filter=displayName eq "Blue reviewers"').json()["totalResults"]


def test_members_can_be_left_out(directory, made):
    grace = made()["id"]
    group = group_of(directory, grace)
    for path in (
        "Groups?excludedAttributes=members",
        f"Groups/{group['id']}?excludedAttributes=members",
    ):
        assert grace not in directory("GET", path).content.decode()
