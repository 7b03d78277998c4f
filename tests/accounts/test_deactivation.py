"""Switching somebody off ends agents, tokens, sessions and runs, on the very next request."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db import connection, transaction

from apps.accounts.actors import of_user
from apps.accounts.models import AgentToken, User
from apps.accounts.services import deactivation, tokens, users
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.curation.models import CurationRun
from apps.curation.services import runs
from apps.kernel.errors import Conflict
from apps.spaces.models import Membership
from tests.conftest import PASSWORD

ME = "/api/v1/me"


@pytest.fixture
def admin(world):
    """Bob administers the organisation."""
    Membership.objects.filter(person=world.bob).update(role="admin")
    return world.bob


@pytest.fixture
def http(live_server: Any) -> Iterator[Callable[..., httpx.Client]]:
    """HTTP clients of a real server, with a token or none."""
    made: list[httpx.Client] = []

    def make(token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=live_server.url, headers=headers, trust_env=False)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def sign_in(client: httpx.Client, email: str) -> httpx.Client:
    """Through the desk's form, as a browser does."""
    client.get("/desk/login/?next=/desk/")
    form = {"username": email, "password": PASSWORD, "next": "/desk/"}
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
    answer = client.post("/desk/login/?next=/desk/", data=form)
    assert answer.status_code == 302, answer.text
    return client


def by_service(alice, admin_client):
    deactivation.deactivate(user=alice, by=SYSTEM, reason="test")


def by_api(alice, admin_client):
    answer = admin_client.post(f"/api/v1/people/{alice.public_id}/deactivate")
    assert answer.status_code == 200, answer.text


def by_checkbox(alice, admin_client):
    alice.is_active = False
    alice.save()


def by_raw_sql(alice, admin_client):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [alice.pk])


@pytest.mark.parametrize("how", [by_service, by_api, by_checkbox, by_raw_sql])
def test_what_worked_is_refused_on_the_very_next_request(how, world, admin, make_agent, http):
    alice = world.alice
    own = tokens.issue(user=alice, name="own", scopes=["read"])[1]
    clients = [http(own), http(make_agent(alice)[2]), sign_in(http(), alice.email)]
    admin_client = http(tokens.issue(user=admin, name="admin", scopes=["manage", "read"])[1])
    assert [client.get(ME).status_code for client in clients] == [200, 200, 200]
    assert clients[2].get("/desk/").status_code == 200
    how(alice, admin_client)
    assert [client.get(ME).status_code for client in clients] == [401, 401, 401]
    assert clients[2].get("/desk/").status_code == 302
    assert admin_client.get(ME).status_code == 200, "nobody else is touched"

    deactivation.reactivate(user=User.objects.get(pk=alice.pk), by=SYSTEM)
    assert [client.get(ME).status_code for client in clients] == [401, 401, 401]
    assert clients[2].get("/desk/").status_code == 302, "the old session stays over"
    assert sign_in(http(), alice.email).get(ME).status_code == 200, "a new one may begin"


def test_an_agent_switched_off_stops_alone(world, make_agent, http):
    agent, _, plain = make_agent(world.alice)
    others = [make_agent(world.alice)[2], make_agent(world.bob)[2]]
    manager = http(tokens.issue(user=world.alice, name="m", scopes=["manage", "read"])[1])
    url = f"/api/v1/agents/{agent.public_id}"
    assert manager.patch(url, json={"is_active": False}).json()["is_active"] is False
    assert http(plain).get(ME).status_code == 401
    assert [http(other).get(ME).status_code for other in others] == [200, 200]
    body = {"name": "n", "scopes": ["read"], "agent": str(agent.public_id)}
    assert manager.post("/api/v1/tokens", json=body).status_code == 409
    assert manager.patch(url, json={"is_active": True}).json()["is_active"] is True
    assert http(plain).get(ME).status_code == 401, "its token does not come back"
    new = manager.post("/api/v1/tokens", json=body)
    assert new.status_code == 201, new.text
    assert http(new.json()["token"]).get(ME).status_code == 200


def test_it_is_on_record_with_everything_it_ended(world, admin, make_agent, client_of):
    agent, token, _ = make_agent(world.alice)
    revoked = tokens.revoke(token=make_agent(world.alice)[1], by=SYSTEM)
    answer = client_of(admin).post(f"/api/v1/people/{world.alice.public_id}/deactivate").json()
    assert (answer["agents"], answer["tokens"], answer["runs"]) == (2, 1, 0)
    assert answer["person"]["is_active"] is False
    event = AuditEvent.objects.get(action="person.deactivate")
    assert event.actor == admin.public_id
    assert event.organisation == world.organisation.public_id
    assert event.object_ids[0] == world.alice.public_id
    assert agent.public_id in event.object_ids
    assert event.detail == {"agents": 2, "tokens": 1, "runs": 0}
    (ended,) = AuditEvent.objects.filter(action="token.revoke", reason="deactivated")
    assert ended.object_ids == [token.public_id]
    kept = revoked.revoked_at
    revoked.refresh_from_db()
    assert revoked.revoked_at == kept, "what was revoked before keeps its time"


def test_a_job_s_deactivation_is_found_in_the_audit_of_the_organisation(world):
    deactivation.deactivate(user=world.alice, by=SYSTEM, reason="scim")
    event = AuditEvent.objects.get(action="person.deactivate")
    assert (event.actor, event.reason) == (None, "scim")
    assert event.organisation == world.organisation.public_id


def test_once_more_ends_what_is_left_and_leaves_no_second_event(world):
    assert deactivation.deactivate(user=world.alice, by=SYSTEM).changed
    assert not deactivation.deactivate(user=world.alice, by=SYSTEM).changed
    assert AuditEvent.objects.filter(action="person.deactivate").count() == 1


def test_runs_that_the_person_asked_for_end(world):
    run = runs.request(actor=of_user(world.alice))
    stopped = deactivation.deactivate(user=world.alice, by=SYSTEM)
    run.refresh_from_db()
    assert stopped.others == {"runs": 1}
    assert run.state == "cancelled"
    assert AuditEvent.objects.get(action="run.cancel").reason == "deactivated"


def test_runs_of_others_go_on(world):
    run = runs.request(actor=of_user(world.alice))
    assert deactivation.deactivate(user=world.bob, by=SYSTEM).others == {"runs": 0}
    assert CurationRun.objects.get(pk=run.pk).state == "queued"


def test_a_run_under_way_is_told_to_end(world):
    run = runs.request(actor=of_user(world.alice))
    CurationRun.objects.filter(pk=run.pk).update(state="running")
    deactivation.deactivate(user=world.alice, by=SYSTEM)
    run.refresh_from_db()
    assert (run.state, run.cancel_asked_at is not None) == ("running", True)


def test_nothing_is_issued_to_somebody_switched_off(world, make_agent):
    agent = make_agent(world.alice)[0]
    deactivation.deactivate(user=world.alice, by=SYSTEM)
    for user in (world.alice, agent):
        with pytest.raises(Conflict, match="switched off"):
            tokens.issue(user=user, name="n", scopes=["read"])
    with pytest.raises(Conflict, match="switched off"):
        users.create_agent(owner=world.alice, name="n")
    with pytest.raises(Conflict, match="owner"):
        deactivation.reactivate(user=User.objects.get(pk=agent.pk), by=SYSTEM)


def test_reactivation_says_whether_it_did_anything(world, make_agent):
    agent, token, _ = make_agent(world.alice)
    assert not deactivation.reactivate(user=world.alice, by=SYSTEM)
    deactivation.deactivate(user=world.alice, by=SYSTEM)
    assert deactivation.reactivate(user=world.alice, by=SYSTEM)
    assert world.alice.is_active
    agent.refresh_from_db()
    assert not agent.is_active, "agents are switched on one by one"
    assert AgentToken.objects.get(pk=token.pk).revoked_at is not None


def test_many_at_once_in_one_statement(world, make_agent):
    """An UPDATE of people and their agents together meets the trigger in one command."""
    make_agent(world.alice)
    with transaction.atomic():
        User.objects.filter(is_active=True).update(is_active=False)
    assert not User.objects.filter(is_active=True).exists()
    assert not AgentToken.objects.filter(revoked_at=None).exists()


def test_only_administrators_see_and_switch_people_of_their_organisation(world, admin, client_of):
    client = client_of(admin)
    listed = client.get("/api/v1/people").json()["results"]
    assert {person["name"] for person in listed} == {"Alice", "Bob", "Dora"}
    stranger = f"/api/v1/people/{world.charlie.public_id}"
    assert client.get(stranger).status_code == 404
    assert client.post(f"{stranger}/deactivate").status_code == 404
    assert client.post(f"/api/v1/people/{admin.public_id}/deactivate").status_code == 409
    for other in (world.alice, world.charlie):
        assert client_of(other).get("/api/v1/people").status_code == 403
        url = f"/api/v1/people/{world.dora.public_id}/deactivate"
        assert client_of(other).post(url).status_code == 404
    limited = tokens.issue(user=admin, name="n", scopes=["manage"], spaces=[world.team.public_id])[
        1
    ]
    assert client_of(limited).get("/api/v1/people").status_code == 403
