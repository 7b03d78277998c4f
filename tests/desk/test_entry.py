"""Who gets in, and what those who do not are told."""

import uuid

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.services.events import SYSTEM
from apps.curation.services import policies
from apps.spaces.models import Membership
from apps.spaces.services import grants
from tests.conftest import PASSWORD
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose, run_of


def sign_in(email, password=PASSWORD):
    client = Client()
    answer = client.post("/desk/login/?next=/desk/", {"username": email, "password": password})
    return client, answer


@pytest.fixture
def pages(world, request_row):
    """Addresses of Alice's organisation: lists, and one of each object."""
    run = run_of(world.organisation)
    policy = policies.change(actor=of_user(world.alice), space=world.team, values={}, reason="r")
    return [
        "/desk/",
        "/desk/curation/candidate/",
        page_of(request_row),
        "/desk/curation/curationrun/",
        f"/desk/curation/curationrun/{run.public_id}/",
        "/desk/curation/policy/",
        f"/desk/curation/policy/{policy.public_id}/",
        f"/desk/curation/policy/change/{world.team.public_id}",
    ]


def test_a_reviewer_signs_in_by_e_mail_in_any_case(world):
    client, answer = sign_in(" Alice@Example.org ")
    assert answer.headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_a_member_who_reviews_nothing_is_told_so(world):
    client, answer = sign_in("bob@example.org")
    assert "The desk is for people who review a space" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_says_nothing_about_the_account(world):
    told = {
        sign_in(email, "wrong")[1].context["form"].non_field_errors()[0]
        for email in ("alice@example.org", "bob@example.org", "nobody@example.org")
    }
    assert told == {"This e-mail address and password do not belong together."}


def test_staff_and_superuser_open_nothing(world, pages, desk_of):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True, is_superuser=True)
    world.bob.refresh_from_db()
    for address in pages:
        assert desk_of(world.bob).get(address).status_code == 302, address
    assert "review none" in desk_of(world.bob).get("/desk/login/").content.decode()


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_who_looks_after_the_hub_and_reviews_nothing_finds_how_it_is(
    world, desk_of, request_row, role
):
    Membership.objects.filter(person=world.bob).update(role=role)
    assert sign_in("bob@example.org")[1].headers["Location"] == "/desk/"
    desk = desk_of(world.bob)
    page = desk.get("/desk/")
    body = page.content.decode()
    assert page.context["reviews"] is False
    assert "How the hub is" in body
    assert "audit seal" in body
    assert "/desk/audit/auditevent/" in body
    assert ("/desk/accounts/user/" in body) == (role == "admin")
    assert "/desk/curation/candidate/" not in body
    assert "/desk/curation/policy/" not in body
    assert "Halden" not in body + desk.get("/desk/curation/candidate/").content.decode()
    assert desk.get(page_of(request_row)).status_code == 404
    assert desk.post(page_of(request_row, "approve"), {}).status_code == 404
    assert desk.get("/desk/curation/curationrun/").context["cl"].result_count == 0
    assert desk.get("/desk/standing").json()["waiting"] == 0


def test_an_agent_cannot_come_in(world, pages, make_agent):
    agent, _, plain = make_agent(world.alice)
    by_session, by_token = Client(), Client(headers={"Authorization": f"Bearer {plain}"})
    by_session.force_login(agent)
    for address in pages:
        assert by_session.get(address).status_code == 302, address
        assert by_token.get(address).status_code == 302, address


def test_nobody_is_shown_anything(pages):
    for address in pages:
        answer = Client().get(address)
        assert answer.headers["Location"].startswith("/desk/login/?next="), address


def test_a_switched_off_reviewer_is_out_at_once(world, desk, pages):
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    for address in pages:
        assert desk.get(address).status_code == 302, address


def test_a_withdrawn_grant_closes_the_door(world, desk, request_row):
    grants.withdraw(space=world.team, person=world.alice, by=SYSTEM)
    assert desk.get(page_of(request_row)).status_code == 404
    grants.withdraw(space=world.root, person=world.alice, by=SYSTEM)
    assert desk.get(page_of(request_row)).status_code == 302


def test_a_stranger_learns_nothing_from_guessing(world, pages, desk_of, request_row):
    """Charlie reviews in an organisation of his own."""
    root = world.elsewhere.spaces.get(kind="organisation")
    grants.grant(space=root, person=world.charlie, role="curator", by=SYSTEM)
    desk = desk_of(world.charlie)
    for address in pages:
        answer = desk.get(address)
        parts = address.rstrip("/").split("/")
        if len(parts[-1]) == 36:
            absent = address.replace(parts[-1], str(uuid.uuid4()))
            other = desk.get(absent)
            assert (answer.status_code, answer.content) == (404, other.content), address
        else:
            assert answer.status_code == 200
            assert "Halden" not in answer.content.decode()
            assert "Blue" not in answer.content.decode()
            assert "Aldermoor" not in answer.content.decode()
    posted = {"expected_revision": 1, "reject-kind": "wrong"}
    assert desk.post(page_of(request_row, "reject"), posted).status_code == 404
    request_row.refresh_from_db()
    assert request_row.status == "pending"


def test_a_reviewer_of_one_team_sees_only_that_team(world, desk_of, request_row):
    grants.grant(space=world.other_team, person=world.dora, role="reviewer", by=SYSTEM)
    mine = propose(world.other_team, [Said(world.dora, "Green knows.")])
    desk = desk_of(world.dora)
    page = desk.get("/desk/curation/candidate/")
    assert [row.pk for row in page.context["cl"].result_list] == [mine.pk]
    assert desk.get(page_of(request_row)).status_code == 404
    run = desk.get(f"/desk/curation/curationrun/{request_row.decision.run.public_id}/")
    assert run.status_code == 200  # what a run counted belongs to the organisation's reviewers
    assert "Halden" not in run.content.decode()


def test_signing_out_ends_it(desk):
    desk.post("/desk/logout/")
    assert desk.get("/desk/").status_code == 302


@pytest.mark.parametrize("path", ["r/1/1/", "curation/candidate/add/", "auth/group/",
                                  "curation/candidate/1/delete/"])  # fmt: skip
def test_django_s_own_editing_pages_do_not_exist(desk, path):
    assert desk.get(f"/desk/{path}").status_code == 404
