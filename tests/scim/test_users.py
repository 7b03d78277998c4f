"""/Users: what a directory makes, changes, switches off and finds."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.accounts.models import AgentToken, User
from apps.accounts.services import deactivation
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.identity.models import ScimToken
from apps.identity.services import scim_tokens
from apps.kernel import clock
from apps.spaces import access
from apps.spaces.models import Membership
from tests.scim.conftest import Directory

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def person(shown):
    return User.objects.get(public_id=shown["id"])


def test_a_user_is_a_member_who_reads_the_organisation_and_has_no_password(made, world):
    shown = made()
    assert shown["userName"] == "grace@example.org"
    assert shown["name"] == {"formatted": "Grace Ito", "givenName": "Grace", "familyName": "Ito"}
    assert shown["active"] is True
    assert shown["meta"]["resourceType"] == "User"
    assert shown["meta"]["location"].endswith(f"/scim/v2/Users/{shown['id']}")
    grace = person(shown)
    assert (grace.email, grace.name) == ("grace@example.org", "Grace Ito")
    assert not grace.has_usable_password()
    assert Membership.objects.get(person=grace).organisation == world.organisation
    assert world.root.pk in access.of(of_user(grace)).ids("read")


def test_the_answer_has_scim_s_type_and_where_it_is(directory, grace):
    answer = directory("POST", "Users", grace)
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.headers["Location"] == answer.json()["meta"]["location"]


@pytest.mark.parametrize("taken", ["userName", "emails"])
def test_what_is_taken_is_409_uniqueness(directory, grace, made, taken):
    made()
    other = {**grace, "userName": "other@example.org", "externalId": "x"}
    other["emails"] = [{"value": "other@example.org", "primary": True}]
    clash = {**other, taken: {**grace, "userName": "GRACE@example.org"}[taken]}
    answer = directory("POST", "Users", clash)
    assert answer.status_code == 409
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert (body["status"], body["scimType"]) == ("409", "uniqueness")


@pytest.mark.parametrize("email", ["alice@example.org", "charlie@example.org"])
def test_nobody_is_taken_over_by_making_them_again(directory, grace, email, world):
    again = {**grace, "userName": "new", "emails": [{"value": email, "primary": True}]}
    assert directory("POST", "Users", again).status_code == 409
    assert User.objects.get(email=email).name in {"Alice", "Charlie"}


@pytest.mark.parametrize(
    ("change", "keyword"),
    [
        ({"userName": None}, "invalidValue"),
        ({"emails": [{"value": "no address"}]}, "invalidValue"),
        ({"emails": "x"}, "invalidValue"),
        ({"active": {"a": 1}}, "invalidValue"),
        ({"userName": "x" * 300}, "invalidValue"),
        ({"userName": "no-address", "emails": []}, "invalidValue"),
    ],
    ids=str,
)
def test_what_cannot_be_is_400_with_a_keyword(directory, grace, change, keyword):
    body = {key: value for key, value in {**grace, **change}.items() if value is not None}
    answer = directory("POST", "Users", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["scimType"] == keyword
    assert not User.objects.filter(email="grace@example.org").exists()


@pytest.mark.parametrize("body", ["[]", "{", '"x"', "null"])
def test_a_body_that_is_no_object_is_400(directory, body):
    answer = Client().generic(
        "POST", "/scim/v2/Users", body, content_type="application/scim+json",
        headers={"Authorization": f"Bearer {directory.token}"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert answer.json()["schemas"] == [ERROR]


@pytest.mark.parametrize(
    "asked",
    [
        'userName eq "grace@example.org"',
        'userName Eq "GRACE@EXAMPLE.ORG"',
        'externalId eq "00u1"',
        'displayName eq "grace ito"',
        'emails[type eq "work" and value eq "grace@example.org"]',
        'emails.value eq "grace@example.org"',
        'userName eq "grace@example.org" and active eq true',
        'id eq "{id}"',
    ],
)
def test_filters_that_directories_send(directory, made, asked):
    shown = made()
    answer = directory("GET", f"Users?filter={asked.replace('{id}', shown['id'])}").json()
    assert [row["id"] for row in answer["Resources"]] == [shown["id"]]
    assert answer["totalResults"] == 1


@pytest.mark.parametrize(
    "asked",
    ['userName co "g"', "userName eq", 'password eq "x"', 'userName eq "a" or id eq "b"', "((("],
)
def test_other_filters_are_400_invalid_filter(directory, asked):
    answer = directory("GET", f"Users?filter={asked}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["scimType"] == "invalidFilter"


def test_members_made_by_hand_are_found_by_address_and_superusers_are_not(directory, world):
    found = directory("GET", 'Users?filter=userName eq "bob@example.org"').json()["Resources"]
    assert [row["displayName"] for row in found] == ["Bob"]
    User.objects.filter(pk=world.alice.pk).update(is_superuser=True)
    hidden = directory("GET", 'Users?filter=userName eq "alice@example.org"').json()
    assert hidden["totalResults"] == 0
    assert directory("GET", f"Users/{world.alice.public_id}").status_code == 404
    off = {"op": "replace", "path": "active", "value": False}
    assert directory.patch(f"Users/{world.alice.public_id}", off).status_code == 404


def test_pages(directory, world):
    everybody = directory("GET", "Users").json()
    assert everybody["totalResults"] == 3, "Alice, Bob and Dora; Charlie is elsewhere"
    pages = [directory("GET", f"Users?startIndex={n}&count=1").json() for n in (1, 2, 3, 4)]
    assert [page["itemsPerPage"] for page in pages] == [1, 1, 1, 0]
    ids = [row["id"] for page in pages for row in page["Resources"]]
    assert ids == [row["id"] for row in everybody["Resources"]]
    assert [page["startIndex"] for page in pages] == [1, 2, 3, 4]
    counted = directory("GET", "Users?count=0").json()
    assert (counted["totalResults"], counted["Resources"]) == (3, [])
    assert directory("GET", "Users?startIndex=-5&count=-1").json()["startIndex"] == 1
    assert directory("GET", "Users?count=many").status_code == 400


def test_replacing_a_user(directory, made, grace):
    shown = made()
    renamed = {
        **grace, "id": shown["id"], "userName": "grace.sato@example.org",
        "name": {"givenName": "Grace", "familyName": "Sato"},
        "emails": [{"value": "Grace.Sato@example.org", "primary": True}],
    }  # fmt: skip
    after = directory("PUT", f"Users/{shown['id']}", renamed).json()
    assert (after["id"], after["userName"]) == (shown["id"], "grace.sato@example.org")
    assert person(after).email == "grace.sato@example.org"
    assert person(after).name == "Grace Sato"


def test_switching_off_stops_agents_tokens_and_sessions_in_the_same_second(
    directory, made, make_agent, client_of
):
    shown = made()
    grace = person(shown)
    _, _, plain = make_agent(grace)
    session, agent = client_of(grace), client_of(plain)
    assert session.get("/api/v1/me").status_code == agent.get("/api/v1/me").status_code == 200
    off = {"op": "replace", "path": "active", "value": False}
    assert directory.patch(f"Users/{shown['id']}", off).json()["active"] is False
    assert session.get("/api/v1/me").status_code == agent.get("/api/v1/me").status_code == 401
    assert not AgentToken.objects.filter(user__owner=grace, revoked_at__isnull=True).exists()
    event = AuditEvent.objects.get(action="person.deactivate")
    assert (event.reason, event.token is not None) == ("scim", True)
    on = {"op": "replace", "path": "active", "value": True}
    assert directory.patch(f"Users/{shown['id']}", on).json()["active"] is True
    assert agent.get("/api/v1/me").status_code == 401, "tokens do not come back"


def test_whom_an_administrator_switched_off_a_directory_does_not_switch_on(directory, made):
    shown = made()
    deactivation.deactivate(user=person(shown), by=SYSTEM, reason="test")
    on = {"op": "replace", "path": "active", "value": True}
    assert directory.patch(f"Users/{shown['id']}", on).json()["active"] is False
    assert not person(shown).is_active


def test_deleting_switches_off_and_hides_and_making_again_brings_back(directory, made, grace):
    shown = made()
    assert directory("DELETE", f"Users/{shown['id']}").status_code == 204
    assert directory("GET", f"Users/{shown['id']}").status_code == 404
    assert directory("DELETE", f"Users/{shown['id']}").status_code == 404
    assert directory("GET", 'Users?filter=externalId eq "00u1"').json()["totalResults"] == 0
    kept = User.objects.get(email="grace@example.org")
    assert not kept.is_active
    again = directory("POST", "Users", grace)
    assert (again.status_code, again.json()["id"]) == (201, shown["id"])
    kept.refresh_from_db()
    assert kept.is_active


def test_an_organisation_s_token_sees_only_its_own(directory, other_directory, made, world):
    shown = made()
    path = f"Users/{shown['id']}"
    absent = other_directory("GET", "Users/00000000-0000-4000-8000-000000000000")
    for method, body in (("GET", None), ("PUT", {"userName": "x"}), ("DELETE", None)):
        answer = other_directory(method, path, body)
        assert (answer.status_code, answer.content) == (404, absent.content), method
    off = {"op": "replace", "path": "active", "value": False}
    assert other_directory.patch(path, off).status_code == 404
    seen = other_directory("GET", "Users").json()["Resources"]
    assert [row["displayName"] for row in seen] == ["Charlie"]
    assert person(shown).is_active


def test_tokens_that_do_not_count(directory, other_directory, made, make_agent, world):
    token, plain = scim_tokens.issue(organisation=world.organisation, name="t", by=SYSTEM)
    key, _, secret = plain.partition(".")
    agent = make_agent(world.alice)[2]
    wrong = [plain + "x", f"{key}.", f"mhs_{'0' * 18}.{secret}", agent, "", "mhs_\x00.x"]
    for given in wrong:
        answer = Directory(given)("GET", "Users")
        assert answer.status_code == 401, given
        assert answer.json()["schemas"] == [ERROR]
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    scim_tokens.revoke(token=token, by=SYSTEM)
    assert Directory(plain)("GET", "Users").status_code == 401
    refused = AuditEvent.objects.filter(action="scim_token.refuse").order_by("-pk").first()
    assert refused is not None
    assert refused.object_ids == [token.public_id]
    assert secret not in str(list(ScimToken.objects.values()))


def test_an_expired_token_does_not_count(directory, world):
    ScimToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert directory("GET", "Users").status_code == 401


def test_a_scim_token_opens_no_other_door(directory, client_of):
    assert client_of(directory.token).get("/api/v1/me").status_code == 401


def test_a_session_opens_nothing_here(world, client_of):
    assert client_of(world.alice).get("/scim/v2/Users").status_code == 401


def test_too_many_requests_are_429_in_scim_s_form(directory, settings):
    settings.RATE_LIMIT_PER_MINUTE = 0
    answer = directory("GET", "Users")
    assert answer.status_code == 429
    assert answer.json()["schemas"] == [ERROR]
    assert int(answer.headers["Retry-After"]) <= 61
