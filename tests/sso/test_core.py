"""Rules that need no database: the setting of providers, and from groups to roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.identity.core.mapping import SPACE_ROLES, Rule, Standing, plan, stronger, wanted
from apps.identity.core.providers import ProvidersError, read
from tests.sso.conftest import described

BASE = described("acme", "https://id.example.org")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "ldap"}, r"\[0\]\.kind"),
        ({"id": "A b"}, r"\[0\]\.id"),
        ({"server_url": "http://id.example.org"}, "server_url must be an https"),
        ({"server_url": "https://"}, "server_url"),
        ({"client_secret": ""}, "client_secret is missing"),
        ({"client_id": 7}, "client_id must be text"),
        ({"domains": []}, "domains is missing"),
        ({"domains": "example.org"}, "domains must be a list"),
        ({"domains": ["@example.org"]}, "domains must be names"),
        ({"trust_email": "yes"}, "trust_email must be true or false"),
        ({"groups": "x"}, "unknown fields: groups"),
        ({"kind": "entra", "server_url": "", "tenant": "common"}, "tenant must be the id"),
        ({"kind": "saml"}, "idp_entity_id is missing"),
    ],
    ids=str,
)
def test_a_mistake_is_named_by_its_field_and_never_by_its_value(change, told):
    with pytest.raises(ProvidersError, match=told) as error:
        read([{**BASE, **change}])
    assert "hub's own secret" not in str(error.value)


@pytest.mark.parametrize("raw", [{}, "x", None, [1], [BASE, BASE]])
def test_what_is_no_list_of_different_providers_is_refused(raw):
    with pytest.raises(ProvidersError):
        read(raw)


def test_known_providers_need_less():
    google, entra = read(
        [
            {**BASE, "id": "g", "kind": "google", "server_url": "", "name": ""},
            {**BASE, "id": "e", "kind": "entra", "server_url": "", "tenant": "t-1"},
        ]
    )
    assert (google.server_url, google.name) == ("https://accounts.google.com", "Google")
    assert entra.server_url == "https://login.microsoftonline.com/t-1/v2.0"
    assert "secret" not in repr(google).replace("client_secret", "")


def test_a_star_admits_everybody_and_speaks_for_nobody():
    (anybody,) = read([{**BASE, "domains": ["*"]}])
    assert anybody.admits("x@anywhere.example")
    assert not anybody.speaks_for("x@anywhere.example")
    (ours,) = read([BASE])
    assert ours.speaks_for("x@EXAMPLE.org")
    assert not ours.admits("x@sub.example.org")
    assert not ours.admits("x@example.org.evil.example")


ROLES = st.sampled_from(SPACE_ROLES)
SPACES = st.integers(1, 4)
GROUPS = st.sampled_from(["a", "b", "c", "*"])
RULES = st.lists(
    st.builds(Rule, group=GROUPS, space=SPACES, space_role=ROLES, replaces=st.booleans()),
    max_size=6,
)
STANDINGS = st.builds(
    Standing,
    roles=st.dictionaries(SPACES, ROLES),
    given=st.dictionaries(st.tuples(st.sampled_from(["p", "q"]), SPACES), ROLES),
    base=st.just({1: "viewer"}),
)


def after(standing, done):
    """Roles once the plan is carried out."""
    roles = {**standing.roles, **done.grants}
    return {space: role for space, role in roles.items() if space not in done.withdrawals}


@given(RULES, st.sets(GROUPS), STANDINGS)
def test_doing_it_again_changes_nothing(rules, groups, standing):
    want = wanted(rules, groups)
    done = plan("p", want, standing)
    given_now = {key: role for key, role in standing.given.items() if key[0] != "p"}
    given_now |= {("p", space): role for space, role in done.given.items()}
    again = plan("p", want, Standing(after(standing, done), given_now, standing.base))
    assert (dict(again.grants), again.withdrawals) == ({}, frozenset())


@given(RULES, st.sets(GROUPS), STANDINGS)
def test_a_role_by_hand_is_touched_only_by_a_rule_that_replaces(rules, groups, standing):
    want = wanted(rules, groups)
    now = after(standing, plan("p", want, standing))
    marked = {space for _, space in standing.given}
    for space, role in standing.roles.items():
        by_hand = space not in marked and role != standing.base.get(space)
        if by_hand and space not in want.replacing:
            assert now[space] == role


@given(STANDINGS)
def test_without_groups_nothing_of_the_source_is_left(standing):
    now = after(standing, plan("p", wanted([], []), standing))
    others = {space: role for (who, space), role in standing.given.items() if who == "q"}
    for who, space in standing.given:
        if who == "p":
            assert now.get(space, "") == (others.get(space) or standing.base.get(space, ""))


@given(RULES, st.sets(GROUPS), GROUPS)
def test_another_group_never_gives_less(rules, groups, more):
    fewer, larger = wanted(rules, groups), wanted(rules, {*groups, more})
    for space, role in fewer.spaces.items():
        assert stronger(role, larger.spaces[space], SPACE_ROLES) == larger.spaces[space]


def test_groups_are_compared_without_regard_to_case():
    rules = [Rule("Blue Reviewers", space=1, space_role="reviewer")]
    assert wanted(rules, ["BLUE reviewers"]).spaces == {1: "reviewer"}
    assert wanted(rules, ["Blue"]).organisation_role == ""
