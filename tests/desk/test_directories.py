"""Sign-in groups and directories at the desk: for administrators, each of their organisation."""

import re

import pytest

from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.identity.models import DirectoryGroup, GroupMapping, ScimToken
from apps.identity.services import mappings, scim_tokens
from apps.kernel import clock
from apps.spaces.models import Membership

GROUPS, DIRECTORIES = "/desk/identity/groupmapping/", "/desk/identity/scimtoken/"
FORM = {"group": "Bakers <b>", "source": "", "organisation_role": "member"}


def secret_of(answer) -> str:
    (found,) = re.findall(r"mhs_[0-9a-f]{18}\.[\w-]{43}", answer.content.decode())
    return str(found)


def test_a_group_gets_its_roles_and_loses_them(admin, world):
    group = DirectoryGroup.objects.create(
        organisation=world.organisation, display_name="bakers <b>"
    )
    group.members.add(world.bob)
    space = {"space": str(world.other_team.public_id), "space_role": "reviewer"}
    page = admin.post(f"{GROUPS}new", {**FORM, **space, "replaces": "on"}, follow=True)
    made = GroupMapping.objects.get()
    assert (made.organisation, made.space, made.space_role, made.replaces) == (
        world.organisation, world.other_team, "reviewer", True,
    )  # fmt: skip
    body = page.content.decode()
    assert "Bakers &lt;b&gt;" in body
    assert "Reviewer of Green" in body
    assert world.bob.groups.filter(name__contains=str(world.other_team.public_id)).exists()
    assert "Bakers &lt;b&gt;" in admin.get(GROUPS).content.decode()
    for address in (GROUPS, f"{GROUPS}{made.public_id}/"):
        german = admin.get(address, headers={"Accept-Language": "de"}).content.decode()
        assert "Prüfend in Green" in german
        assert "Bakers &lt;b&gt;" in german
    assert admin.post(f"{GROUPS}new", {**FORM, **space}).status_code == 409
    admin.post(f"{GROUPS}{made.public_id}/remove")
    assert not GroupMapping.objects.exists()
    assert not world.bob.groups.filter(name__contains=str(world.other_team.public_id)).exists()
    done = AuditEvent.objects.filter(action__startswith="mapping.").values_list("action", "actor")
    assert {("mapping.add", world.alice.public_id), ("mapping.remove", world.alice.public_id)} <= {
        *done
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"group": ""}, "This field is required"),
        ({"group": "x" * 257}, "at most 256"),
        ({"organisation_role": "owner"}, "valid choice"),
        ({"source": "nowhere"}, "valid choice"),
        ({"space_role": "viewer"}, "come together"),
        ({"space": "00000000-0000-4000-8000-000000000000", "space_role": "viewer"}, "valid choice"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told(given, told, admin):
    assert told in admin.post(f"{GROUPS}new", {**FORM, **given}).content.decode()
    assert not GroupMapping.objects.exists()


def test_no_space_of_somebody_is_offered(admin, world):
    body = admin.get(f"{GROUPS}new").content.decode()
    for space in (world.personal(world.alice), world.personal(world.bob)):
        assert str(space.public_id) not in body
    assert str(world.other_team.public_id) in body


def test_a_directory_s_secret_is_shown_once_and_works_until_it_is_revoked(admin, world):
    answer = admin.post(f"{DIRECTORIES}new", {"name": "Okta", "lifetime": "90"})
    assert "no-store" in answer["Cache-Control"]
    assert "/scim/v2" in answer.content.decode()
    plain = secret_of(answer)
    token = scim_tokens.verify(plain)
    assert token is not None
    assert (token.organisation, token.name) == (world.organisation, "Okta")
    assert token.expires_at is not None
    assert 89 <= (token.expires_at - clock.now()).days <= 90
    page = f"{DIRECTORIES}{token.public_id}/"
    for address in (DIRECTORIES, page, "/desk/"):
        assert plain.partition(".")[2] not in admin.get(address).content.decode()
    told = admin.get(page).content.decode()
    assert "never" not in re.sub(r"\s+", " ", told.partition("Last used")[2])[:60]
    body = admin.post(f"{page}revoke", follow=True).content.decode()
    assert "next request is refused" in body
    assert "Revoke now" not in body
    assert scim_tokens.verify(plain) is None


def test_what_an_expired_one_is_called_and_a_nameless_one_is_refused(admin, world):
    token, _ = scim_tokens.issue(organisation=world.organisation, name="Old", by=SYSTEM)
    ScimToken.objects.filter(pk=token.pk).update(expires_at=clock.now())
    assert "Expired" in admin.get(DIRECTORIES).content.decode()
    assert "required" in admin.post(f"{DIRECTORIES}new", {"name": ""}).content.decode()
    assert ScimToken.objects.count() == 1


@pytest.fixture
def theirs(world):
    """A mapping and a token of another organisation."""
    wish = mappings.Wish(group="Theirs")
    mapping = mappings.add(organisation=world.elsewhere, wish=wish, by=SYSTEM)
    token, _ = scim_tokens.issue(organisation=world.elsewhere, name="Theirs", by=SYSTEM)
    return mapping, token


def test_another_organisation_s_do_not_exist_here(admin, theirs):
    mapping, token = theirs
    for address in (GROUPS, DIRECTORIES):
        assert "Theirs" not in admin.get(address).content.decode()
    assert admin.get(f"{GROUPS}{mapping.public_id}/").status_code == 404
    assert admin.get(f"{DIRECTORIES}{token.public_id}/").status_code == 404
    assert admin.post(f"{GROUPS}{mapping.public_id}/remove").status_code == 404
    assert admin.post(f"{DIRECTORIES}{token.public_id}/revoke").status_code == 404
    mapping.refresh_from_db()
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("role", ["member", "auditor"])
def test_reviewing_and_auditing_open_nothing_here(role, desk, world):
    """Alice curates the whole organisation; that does not make her one who lets people in."""
    Membership.objects.filter(person=world.alice).update(role=role)
    mapping = mappings.add(
        organisation=world.organisation, wish=mappings.Wish(group="Ours"), by=SYSTEM
    )
    token, _ = scim_tokens.issue(organisation=world.organisation, name="Ours", by=SYSTEM)
    for address, verb, row in ((GROUPS, "remove", mapping), (DIRECTORIES, "revoke", token)):
        assert desk.get(address).status_code == 403
        assert desk.get(f"{address}new").status_code == 403
        assert desk.post(f"{address}new", {**FORM, "name": "Mine"}).status_code == 403
        assert desk.get(f"{address}{row.public_id}/").status_code == 404
        assert desk.post(f"{address}{row.public_id}/{verb}").status_code == 404
        assert address not in desk.get("/desk/").content.decode()
    assert (GroupMapping.objects.count(), ScimToken.objects.count()) == (1, 1)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_who_saw_and_made_what_is_on_record_without_names(admin):
    admin.post(f"{GROUPS}new", FORM)
    admin.post(f"{DIRECTORIES}new", {"name": "Okta", "lifetime": ""})
    for address in (GROUPS, DIRECTORIES):
        admin.get(address)
    told = AuditEvent.objects.filter(object_type__in=["mapping", "scim_token"])
    assert {"mapping.add", "mapping.read", "scim_token.issue", "scim_token.read"} <= set(
        told.values_list("action", flat=True)
    )
    assert "Okta" not in str(list(told.values()))
    assert "Bakers" not in str(list(told.values()))
