"""What Okta and Microsoft Entra really send, replayed as lists of requests.

After the pages of: Okta, "SCIM 2.0 Protocol Reference" and "Understanding SCIM provisioning"
(developer.okta.com/docs/api/openapi/okta-scim/); Microsoft, "Tutorial: Develop and plan
provisioning for a SCIM endpoint" and "Known issues for provisioning: SCIM 2.0 compliance" of
learn.microsoft.com/en-us/entra/identity/app-provisioning/. Shapes are theirs, values are ours.
"""

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.identity.models import GroupMapping
from apps.spaces import access
from tests.scim.conftest import ENTERPRISE, GROUP, USER


def map_group(world, name):
    GroupMapping.objects.create(
        organisation=world.organisation, group=name, space=world.team, space_role="reviewer"
    )


def reviews(person_id):
    person = User.objects.get(public_id=person_id)
    return bool(access.of(of_user(person)).ids("review"))


def test_okta(directory, world):
    """Assign a user, push a group, change the profile, remove from the group, unassign."""
    map_group(world, "Okta reviewers")
    looked = directory("GET", 'Users?filter=userName eq "isaac@example.org"&startIndex=1&count=100')
    assert (looked.status_code, looked.json()["Resources"]) == (200, [])
    profile = {
        "schemas": [USER],
        "userName": "isaac@example.org",
        "name": {"givenName": "Isaac", "familyName": "Brook"},
        "emails": [{"primary": True, "value": "isaac@example.org", "type": "work"}],
        "displayName": "Isaac Brook",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    made = directory("POST", "Users", profile)
    assert made.status_code == 201, made.content
    assert "password" not in made.json()
    key = made.json()["id"]
    assert directory("POST", "Users", profile).status_code == 409

    assert directory("GET", f"Users/{key}").json()["userName"] == "isaac@example.org"
    changed = {
        **profile, "id": key, "displayName": "Isaac B.", "meta": {"resourceType": "User"},
        "name": {"givenName": "Isaac", "familyName": "B."},
    }  # fmt: skip
    assert directory("PUT", f"Users/{key}", changed).json()["displayName"] == "Isaac B."

    looked = directory(
        "GET", 'Groups?filter=displayName eq "Okta reviewers"&startIndex=1&count=100'
    )
    assert looked.json()["totalResults"] == 0
    pushed = directory(
        "POST", "Groups", {"schemas": [GROUP], "displayName": "Okta reviewers", "members": []}
    )
    group = f"Groups/{pushed.json()['id']}"
    add = {
        "op": "add",
        "path": "members",
        "value": [{"value": key, "display": "isaac@example.org"}],
    }
    assert directory.patch(group, add).status_code == 200
    assert reviews(key)
    rename = {
        "op": "replace",
        "value": {"id": pushed.json()["id"], "displayName": "Okta reviewers"},
    }
    assert directory.patch(group, rename).status_code == 200
    remove = {"op": "remove", "path": f'members[value eq "{key}"]'}
    assert directory.patch(group, remove).status_code == 200
    assert not reviews(key)
    all_of_them = {"op": "replace", "path": "members", "value": [{"value": key}]}
    assert directory.patch(group, all_of_them).status_code == 200
    assert reviews(key)

    off = directory.patch(f"Users/{key}", {"op": "replace", "value": {"active": False}})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert not User.objects.get(public_id=key).is_active
    on = directory.patch(f"Users/{key}", {"op": "replace", "value": {"active": True}})
    assert on.json()["active"] is True
    assert directory("DELETE", group).status_code == 204


def test_entra(directory, world):
    """Provision on a schedule: look up, create, update attribute by attribute, disable, group."""
    map_group(world, "Entra reviewers")
    missing = directory("GET", 'Users?filter=externalId eq "jyoungblood"')
    assert missing.json()["totalResults"] == 0
    made = directory(
        "POST",
        "Users",
        {
            "schemas": [USER, ENTERPRISE],
            "externalId": "jyoungblood",
            "userName": "judith@example.org",
            "active": True,
            "displayName": "Judith Young",
            "emails": [{"type": "work", "value": "judith@example.org", "primary": True}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Judith Young", "familyName": "Young", "givenName": "Judith"},
            "roles": [],
            ENTERPRISE: {"department": "Bakery", "employeeNumber": "17"},
            "addresses": [{"type": "work", "country": "NL"}],
        },
    )
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    user = f"Users/{key}"
    assert directory("GET", 'Users?filter=userName eq "judith@example.org"').json()["Resources"]

    renamed = directory.patch(
        user,
        {"op": "Replace", "path": "displayName", "value": "Judith Moor"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "j.moor@example.org"},
        {"op": "Replace", "path": "name.familyName", "value": "Moor"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Mill"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+31 1"},
    )
    assert renamed.status_code == 200, renamed.content
    judith = User.objects.get(public_id=key)
    assert (judith.email, judith.name) == ("j.moor@example.org", "Judith Moor")

    dotted = directory.patch(
        user,
        {
            "op": "replace",
            "value": {
                "displayName": "Judith van Moor",
                "name.familyName": "van Moor",
                f"{ENTERPRISE}:employeeNumber": "18",
                "active": "True",
            },
        },
    )
    assert dotted.status_code == 200, dotted.content
    assert dotted.json()["name"]["familyName"] == "van Moor"
    assert dotted.json()["active"] is True

    off = directory.patch(user, {"op": "Replace", "path": "active", "value": "False"})
    assert (off.status_code, off.json()["active"]) == (200, False)
    on = directory.patch(user, {"op": "Replace", "path": "active", "value": "True"})
    assert on.json()["active"] is True
    off = directory.patch(user, {"op": "Add", "value": {"active": "False"}})
    assert off.json()["active"] is False
    directory.patch(user, {"op": "REPLACE", "path": "Active", "value": True})
    assert User.objects.get(public_id=key).is_active

    found = directory(
        "GET", 'Groups?excludedAttributes=members&filter=displayName eq "Entra reviewers"'
    )
    assert found.json()["totalResults"] == 0
    pushed = directory(
        "POST",
        "Groups",
        {
            "schemas": [
                GROUP,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Entra reviewers",
            "meta": {"resourceType": "Group"},
        },
    )
    assert pushed.status_code == 201, pushed.content
    group = f"Groups/{pushed.json()['id']}"
    assert directory("GET", f"{group}?excludedAttributes=members").status_code == 200
    add = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": key}]}
    assert directory.patch(group, add).status_code == 200
    assert reviews(key)
    assert directory(
        "GET", f'Groups?filter=id eq "{pushed.json()["id"]}" and members eq "{key}"'
    ).json()["totalResults"]
    remove = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": key}]}
    assert directory.patch(group, remove).status_code == 200
    assert not reviews(key)
    assert directory("DELETE", user).status_code == 204


def test_a_patch_that_fails_changes_nothing(directory, made):
    shown = made()
    answer = directory.patch(
        f"Users/{shown['id']}",
        {"op": "replace", "path": "displayName", "value": "Changed"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "alice@example.org"},
    )
    assert answer.status_code == 409
    assert directory("GET", f"Users/{shown['id']}").json()["displayName"] == "Grace Ito"
    for operation in ({"op": "copy"}, {"op": "remove"}, {"op": "replace", "path": "((("}):
        assert directory.patch(f"Users/{shown['id']}", operation).status_code == 400, operation


def test_what_the_service_can_do(directory):
    config = directory("GET", "ServiceProviderConfig").json()
    assert config["patch"] == {"supported": True}
    assert config["bulk"]["supported"] is False
    schemas = {row["id"] for row in directory("GET", "Schemas").json()["Resources"]}
    assert schemas == {USER, GROUP, ENTERPRISE}
    assert directory("GET", f"Schemas/{USER}").json()["name"] == "User"
    assert directory("GET", "Schemas/none").status_code == 404
    types = directory("GET", "ResourceTypes").json()["Resources"]
    assert {row["endpoint"] for row in types} == {"/Users", "/Groups"}
    assert directory("GET", "ResourceTypes/User").json()["schema"] == USER
    assert directory("POST", "ServiceProviderConfig", {}).status_code == 405
