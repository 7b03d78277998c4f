"""Signing in by OpenID Connect, against a provider over real HTTP."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.accounts.services import deactivation, users
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.identity.models import GroupMapping, Identity
from apps.spaces import access
from apps.spaces.models import Membership
from apps.spaces.services import grants
from tests.sso.conftest import Visitor, described, last_event, refusal

ERIN = {
    "sub": "u-1", "email": "Erin@Example.org", "email_verified": True, "name": "Erin Aoki",
    "groups": ["Blue reviewers"],
}  # fmt: skip


def may(person: User, permission: str) -> frozenset[int]:
    return access.of(of_user(person)).ids(permission)


def test_the_first_sign_in_makes_a_person_with_the_roles_of_the_groups(acme, visitor, world):
    acme.will_say(**ERIN)
    answer = visitor.sign_in(next="/desk/curation/candidate/")
    assert answer.headers["Location"] == "/desk/curation/candidate/"
    erin = visitor.person
    assert (erin.email, erin.name, erin.has_usable_password()) == (
        "erin@example.org", "Erin Aoki", False,
    )  # fmt: skip
    assert may(erin, "review") == {world.team.pk}
    assert Membership.objects.get(person=erin).organisation == world.organisation
    identity = Identity.objects.get(person=erin)
    assert (identity.issuer, identity.subject) == (acme.url, "u-1")
    assert visitor.client.get("/desk/").status_code == 200
    opened = last_event("session.open")
    assert (opened.actor, opened.detail) == (erin.public_id, {"provider": "acme"})
    told = str(list(AuditEvent.objects.values_list("detail", "reason")))
    assert "Blue" not in told, "no content in the audit"
    assert "erin" not in told.lower()


def test_a_group_gone_is_access_gone_at_the_next_sign_in(acme, visitor, world):
    acme.will_say(**{**ERIN, "groups": ["Blue reviewers", "Admins"]})
    visitor.sign_in()
    erin = visitor.person
    assert access.of(of_user(erin)).organisation_role == "admin"
    acme.will_say(**{**ERIN, "groups": ["Blue reviewers"]})
    visitor.sign_in()
    assert access.of(of_user(erin)).organisation_role == "member"
    assert may(erin, "review") == {world.team.pk}
    acme.will_say(**{**ERIN, "groups": ["Admins"]})
    visitor.sign_in()
    assert may(erin, "review") == frozenset()
    assert last_event("space.withdraw").object_ids == [erin.public_id]
    assert last_event("organisation.role").detail == {
        "role": "admin", "was": "member", "source": "acme",
    }  # fmt: skip


def test_without_any_group_left_one_is_out_everywhere_and_in_again_with_one(acme, visitor):
    acme.will_say(**ERIN)
    visitor.sign_in()
    other = Visitor(Client())
    acme.will_say(**{**ERIN, "groups": []})
    assert refusal(other.sign_in()) == "no_group"
    assert visitor.client.get("/api/v1/me").status_code == 401, "the older session ended, too"
    refused = last_event("session.refuse")
    assert (refused.reason, refused.detail) == ("no_group", {"provider": "acme"})
    erin = User.objects.get(email="erin@example.org")
    assert not erin.is_active
    assert not erin.managed_grants.exists()
    acme.will_say(**ERIN)
    other.sign_in()
    assert other.person == erin


def test_a_missing_groups_claim_is_no_group_and_an_overfull_one_changes_nothing(acme, visitor):
    acme.will_say(**ERIN)
    visitor.sign_in()
    short = {name: value for name, value in ERIN.items() if name != "groups"}
    acme.will_say(**short, _claim_names={"groups": "src1"})
    assert refusal(Visitor(Client()).sign_in()) == "too_many_groups"
    assert visitor.client.get("/desk/").status_code == 200
    acme.will_say(**short)
    assert refusal(Visitor(Client()).sign_in()) == "no_group"


def test_nobody_signs_up(acme, visitor):
    acme.will_say(**{**ERIN, "groups": ["Somebody else's"]})
    assert refusal(visitor.sign_in()) == "no_group"
    assert visitor.person is None
    assert not User.objects.filter(email="erin@example.org").exists()
    assert not Identity.objects.exists()


def test_somebody_switched_off_is_out_with_the_next_request_and_stays_out(acme, visitor):
    acme.will_say(**ERIN)
    visitor.sign_in()
    erin = visitor.person
    deactivation.deactivate(user=erin, by=SYSTEM, reason="test")
    assert visitor.client.get("/desk/").status_code == 302
    assert visitor.client.get("/api/v1/me").status_code == 401
    assert refusal(Visitor(Client()).sign_in()) == "inactive"
    erin.refresh_from_db()
    assert not erin.is_active


@pytest.mark.parametrize(
    ("token", "cheat"),
    [
        ({"aud": "another client"}, ""),
        ({"aud": ["hub", "another"], "azp": "another"}, ""),
        ({"exp": 1_700_000_000}, ""),
        ({"iss": "https://elsewhere.example"}, ""),
        ({"sub": "somebody else"}, ""),
        ({}, "other key"),
        ({}, "no token"),
        ({}, "none algorithm"),
    ],
    ids=str,
)
def test_a_token_that_is_not_right_lets_nobody_in(acme, visitor, token, cheat):
    acme.will_say(**ERIN)
    acme.token, acme.cheat = token, cheat
    assert refusal(visitor.sign_in()) == "sign_in_failed"
    assert visitor.person is None
    assert not User.objects.filter(email="erin@example.org").exists()
    assert last_event("session.refuse").reason == "sign_in_failed"


def test_a_token_of_another_sign_in_lets_nobody_in(acme, visitor):
    acme.will_say(**ERIN)
    acme.token = {"nonce": "of another sign-in"}
    assert refusal(visitor.sign_in()) == "wrong_nonce"
    assert visitor.person is None


def test_every_request_has_a_nonce_a_state_and_pkce_of_its_own(acme, visitor):
    asked = [parse_qs(urlsplit(visitor.begin()).query) for _ in range(2)]
    for name in ("nonce", "state", "code_challenge"):
        values = {one[name][0] for one in asked}
        assert len(values) == 2, name
        assert min(map(len, values)) >= 16, name


def test_what_a_request_adds_is_not_asked_for(acme, visitor):
    answer = visitor.client.post(
        "/sso/acme/login?scope=admin&auth_params=nonce%3Dmine&process=connect"
    )
    asked = answer.content.decode()
    assert "admin" not in asked
    assert "nonce=mine" not in asked


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(acme, visitor):
    acme.will_say(**ERIN)
    back = visitor.at_provider(visitor.begin())
    stranger = Visitor(Client())
    assert refusal(stranger.client.get(back)) == "sign_in_failed"
    assert visitor.client.get(back).headers["Location"] == "/desk/"
    visitor.client.post("/desk/logout/")
    assert refusal(visitor.client.get(back)) == "sign_in_failed"
    assert visitor.person is None


def test_a_provider_that_is_down_or_another_one_is_an_error_for_people(acme, visitor):
    for cheat in ("down", "other issuer"):
        acme.cheat = cheat
        assert refusal(visitor.client.post("/sso/acme/login")) == "sign_in_failed"


def test_cancelling_is_no_error(acme, visitor):
    state = parse_qs(urlsplit(visitor.begin()).query)["state"][0]
    answer = visitor.client.get(f"/sso/acme/callback?error=access_denied&state={state}")
    assert refusal(answer) == "cancelled"


def test_one_is_not_led_elsewhere_afterwards(acme, visitor):
    acme.will_say(**ERIN)
    assert visitor.sign_in(next="https://evil.example/").headers["Location"] == "/desk/"


def test_only_verified_addresses(acme, visitor):
    for verified in (False, None, "false", 0):
        acme.will_say(**{**ERIN, "email_verified": verified})
        assert refusal(visitor.sign_in()) == "email_unverified"
    acme.will_say(**{**ERIN, "email": None})
    assert refusal(visitor.sign_in()) == "no_email"
    assert not Identity.objects.exists()


def test_somebody_who_was_here_is_linked_by_a_verified_address_of_a_trusted_domain(
    acme, visitor, world
):
    acme.will_say(**{**ERIN, "sub": "bob-1", "email": "bob@example.org", "groups": []})
    assert visitor.sign_in().headers["Location"] == "/desk/"
    assert visitor.person == world.bob
    linked = last_event("identity.link")
    assert world.bob.public_id in linked.object_ids
    assert may(world.bob, "write") >= {world.team.pk}, "what Bob had by hand stays"
    world.bob.refresh_from_db()
    assert world.bob.has_usable_password()


def test_an_unverified_address_takes_over_nobody(acme, visitor, world):
    acme.will_say(**{**ERIN, "sub": "x", "email": "alice@example.org", "email_verified": False})
    assert refusal(visitor.sign_in()) == "email_unverified"
    assert not Identity.objects.filter(person=world.alice).exists()


def test_another_provider_takes_over_nobody(acme, visitor, world, configure):
    configure(described("acme", acme.url, domains=["other.example", "*"]))
    acme.will_say(**{**ERIN, "sub": "x", "email": "alice@example.org"})
    assert refusal(visitor.sign_in()) == "domain_untrusted"
    assert not Identity.objects.filter(person=world.alice).exists()


def test_a_changed_address_takes_over_nobody(acme, visitor, world):
    """Erin changes her address at the provider to Alice's: she stays Erin."""
    acme.will_say(**ERIN)
    visitor.sign_in()
    erin = visitor.person
    acme.will_say(**{**ERIN, "email": "alice@example.org"})
    visitor.sign_in()
    assert visitor.person == erin
    erin.refresh_from_db()
    assert erin.email == "erin@example.org"


def test_an_address_given_to_somebody_new_does_not_give_them_the_old_account(acme, visitor):
    acme.will_say(**ERIN)
    visitor.sign_in()
    acme.will_say(**{**ERIN, "sub": "u-2"})
    assert refusal(Visitor(Client()).sign_in()) == "linked_to_another"


def test_people_of_another_organisation_are_not_taken_over(acme, visitor, world):
    acme.will_say(**{**ERIN, "sub": "c", "email": "charlie@example.org", "groups": ["Admins"]})
    assert refusal(visitor.sign_in()) == "other_organisation"
    assert Membership.objects.get(person=world.charlie).organisation == world.elsewhere


def test_the_same_subject_of_another_issuer_is_somebody_else(acme, visitor, configure, world):
    acme.will_say(**ERIN)
    visitor.sign_in()
    Identity.objects.update(issuer="https://elsewhere.example")
    acme.will_say(**{**ERIN, "email": "frank@example.org"})
    other = Visitor(Client())
    other.sign_in()
    assert other.person is not None
    assert other.person.email == "frank@example.org"


def test_roles_given_by_hand_stay_unless_a_mapping_replaces_them(acme, visitor, world):
    bob = {**ERIN, "sub": "bob-1", "email": "bob@example.org"}
    acme.will_say(**bob)
    visitor.sign_in()
    assert may(world.bob, "review") == frozenset(), "a member by hand stays a member"
    acme.will_say(**{**bob, "groups": []})
    visitor.sign_in()
    assert may(world.bob, "write") >= {world.team.pk}
    GroupMapping.objects.filter(group="Blue reviewers").update(replaces=True)
    acme.will_say(**bob)
    visitor.sign_in()
    assert may(world.bob, "review") == {world.team.pk}
    acme.will_say(**{**bob, "groups": []})
    visitor.sign_in()
    assert world.team.pk not in may(world.bob, "read")


def test_a_role_the_directory_gave_is_the_directory_s_also_when_changed_by_hand(
    acme, visitor, world
):
    acme.will_say(**ERIN)
    visitor.sign_in()
    erin = visitor.person
    grants.grant(space=world.team, person=erin, role="curator", by=SYSTEM)
    visitor.sign_in()
    assert may(erin, "manage") == frozenset()
    assert may(erin, "review") == {world.team.pk}


def test_access_is_taken_also_where_nothing_may_be_written(acme, visitor, world):
    acme.will_say(**{**ERIN, "groups": ["Blue reviewers", "Admins"]})
    visitor.sign_in()
    erin = visitor.person
    world.organisation.read_only = True
    world.organisation.save()
    acme.will_say(**{**ERIN, "groups": ["Admins"]})
    visitor.sign_in()
    assert may(erin, "review") == frozenset()
    acme.will_say(**ERIN)
    visitor.sign_in()
    assert may(erin, "review") == frozenset(), "and not given"


def test_a_provider_signs_in_to_its_own_organisation(acme, visitor, configure, world):
    GroupMapping.objects.create(organisation=world.elsewhere, group="Theirs")
    acme.will_say(**{**ERIN, "groups": ["Theirs"]})
    assert refusal(visitor.sign_in()) == "no_group", "another organisation's mapping"
    configure(described("acme", acme.url, organisation=""))
    acme.will_say(**ERIN)
    assert refusal(visitor.sign_in()) == "no_organisation", "there are two"
    configure(described("acme", acme.url, organisation=str(world.elsewhere.public_id)))
    acme.will_say(**{**ERIN, "groups": ["theirs"]})
    visitor.sign_in()
    assert visitor.person.membership.organisation == world.elsewhere


def test_several_providers_at_once_and_none_undoes_the_other(acme, visitor, configure, world):
    """Both speak for the domain; what one gives stays while the other one says nothing."""
    entries = [
        described("acme", acme.url),
        described("second", acme.url, groups_claim="realm.roles"),
    ]
    configure(*entries)
    assert visitor.client.get("/desk/login/").content.decode().count("Continue with") == 2
    acme.will_say(**ERIN)
    visitor.sign_in("acme")
    erin = visitor.person
    GroupMapping.objects.create(
        organisation=world.organisation, source="second", group="greens",
        space=world.other_team, space_role="member",
    )  # fmt: skip
    acme.will_say(**{**ERIN, "realm": {"roles": ["Greens"]}})
    visitor.sign_in("second")
    assert visitor.person == erin
    assert may(erin, "review") == {world.team.pk}
    assert world.other_team.pk in may(erin, "write")
    acme.will_say(**{**ERIN, "groups": ["*"]})
    visitor.sign_in("acme")
    assert may(erin, "review") == frozenset()
    assert world.other_team.pk in may(erin, "write")


def test_there_is_no_way_in_but_by_the_buttons(acme, visitor):
    assert visitor.client.get("/sso/acme/login").status_code == 405
    assert visitor.client.post("/sso/nobody/login").status_code == 404
    assert visitor.client.get("/sso/nobody/callback?state=x&code=y").status_code == 404
    assert visitor.client.post("/sso/acme/github/login").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/sso/acme/login").status_code == 403


def test_the_page_that_leads_away_needs_no_relaxed_policy(acme, visitor):
    answer = visitor.client.post("/sso/acme/login")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|style=|onclick", answer.content.decode())


def test_a_person_who_lost_the_address_by_hand_is_not_recreated(acme, visitor, world):
    users.create_person(email="erin@example.org", name="Another Erin")
    acme.will_say(**ERIN)
    visitor.sign_in()
    assert visitor.person.name == "Another Erin", "no membership yet: the mapping gives one"
    assert Membership.objects.get(person=visitor.person).organisation == world.organisation
