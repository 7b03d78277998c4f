"""`manage.py sso` and `manage.py scim`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.audit.services.events import By
from apps.identity.models import GroupMapping, ScimToken
from apps.identity.services import scim_tokens
from apps.spaces.services import grants
from tests.sso.conftest import described, last_event


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_mapping_is_made_listed_and_removed(world, configure):
    configure(described("acme", "https://id.example.org"))
    shown = run("sso", "providers")
    assert "acme  oidc  Acme  example.org  -> Aldermoor" in shown
    assert "secret" not in shown
    made = ("--source", "acme", "--space", "Blue", "--space-role", "curator", "--replaces")
    run("sso", "map", "Bakers", "--organisation", "Aldermoor", *made)
    row = GroupMapping.objects.get()
    assert (row.space, row.space_role, row.replaces) == (world.team, "curator", True)
    assert last_event("mapping.add").organisation == world.organisation.public_id
    listed = run("sso", "mappings", "--organisation", "Aldermoor")
    assert listed == f"{row.pk}  acme: Bakers -> member, curator of Blue\n"
    run("sso", "unmap", str(row.pk), "--organisation", "Aldermoor")
    assert not GroupMapping.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("map", "G"), "Name one with --organisation: "),
        (("map", "G", "--organisation", "Aldermoor", "--source", "nobody"), "--source must be"),
        (("map", "G", "--organisation", "Aldermoor", "--space", "Red"), "no shared space 'Red'"),
        (("map", "G", "--organisation", "Aldermoor", "--space", "Blue"), "come together"),
        (("map", "", "--organisation", "Aldermoor"), "1 to 256"),
        (("unmap", "77", "--organisation", "Aldermoor"), "no mapping 77"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said(world, arguments, told):
    with pytest.raises(CommandError, match=told):
        run("sso", *arguments)


def test_the_same_mapping_twice_is_refused(world):
    run("sso", "map", "G", "--organisation", "Aldermoor")
    with pytest.raises(CommandError, match="already"):
        run("sso", "map", "G", "--organisation", "Aldermoor")


def test_a_directory_s_token_works_until_it_is_revoked(world):
    plain = run("scim", "token", "Okta", "--organisation", "Aldermoor", "--days", "9").split()[-1]
    token = ScimToken.objects.get()
    assert scim_tokens.verify(plain) == token
    assert plain.split(".")[1] not in run("scim", "tokens", "--organisation", "Aldermoor")
    with pytest.raises(CommandError, match="no token"):
        run("scim", "revoke", str(token.pk), "--organisation", "Elsewhere")
    run("scim", "revoke", str(token.pk), "--organisation", "Aldermoor")
    assert scim_tokens.verify(plain) is None
    with pytest.raises(CommandError, match="in the future"):
        run("scim", "token", "Okta", "--organisation", "Aldermoor", "--days", "-1")


def test_a_read_only_space_refuses_people_but_not_the_hub(world):
    world.team.read_only = True
    world.team.save()
    with pytest.raises(Exception, match="read-only"):
        grants.withdraw(space=world.team, person=world.bob, by=By(owner=world.alice.public_id))
    grants.withdraw(space=world.team, person=world.bob, by=By())
    assert world.bob.pk not in {person.pk for person, _ in grants.members(world.team)}
