"""Pages of the desk are on record, and the reads of what governs besides memories."""

import pytest

from apps.accounts.actors import of_user
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.curation.models import Candidate
from apps.curation.services import policies
from apps.memories.models import EmbeddingModel
from apps.memories.services import migration
from apps.spaces.models import Membership
from tests.audit.conftest import without_room
from tests.desk.stage import Said, propose, run_of


def seen(noun):
    rows = AuditEvent.objects.filter(action=f"{noun}.read").order_by("id")
    return [(one.detail["view"], {str(each) for each in one.object_ids}) for one in rows]


@pytest.fixture
def candidate(world) -> Candidate:
    return propose(world.team, [Said(world.alice, "Lifts stop."), Said(world.bob, "A lift stops.")])


def test_a_page_leaves_one_event_with_what_was_on_it(world, client, candidate):
    client.force_login(world.alice)
    one = str(candidate.public_id)
    assert client.get("/desk/").status_code == 200
    assert client.get("/desk/curation/candidate/").status_code == 200
    assert client.get(f"/desk/curation/candidate/{one}/").status_code == 200
    assert seen("candidate") == [
        ("desk.home", {one}), ("desk.changelist", {one}), ("desk.show", {one}),
    ]  # fmt: skip
    event = AuditEvent.objects.latest("id")
    assert event.actor == world.alice.public_id
    assert event.organisation == world.organisation.public_id
    assert event.token is None


def test_what_was_not_shown_leaves_no_read(world, client, candidate):
    address = f"/desk/curation/candidate/{candidate.public_id}/"
    assert client.get(address).status_code == 302
    client.force_login(world.bob)
    assert client.get(address).status_code == 302
    client.force_login(world.alice)
    assert client.get(address.replace(str(candidate.public_id)[:8], "0" * 8)).status_code == 404
    assert seen("candidate") == []


def test_a_refused_form_shows_the_page_again_and_is_recorded(world, client, candidate):
    client.force_login(world.alice)
    address = f"/desk/curation/candidate/{candidate.public_id}/reject"
    assert client.post(address, {}).status_code == 200
    assert seen("candidate") == [("desk.decide", {str(candidate.public_id)})]


@pytest.mark.django_db(transaction=True)
def test_without_a_record_there_is_no_page(world, client, candidate):
    client.force_login(world.alice)
    client.raise_request_exception = False
    with without_room():
        answer = client.get(f"/desk/curation/candidate/{candidate.public_id}/")
    assert answer.status_code >= 500
    assert candidate.text not in answer.content.decode()


def test_reads_of_what_governs_are_on_record(world, write, make_agent, client_of):
    Membership.objects.filter(person=world.alice).update(role="admin")
    run = run_of(world.organisation)
    policy = policies.change(actor=of_user(world.alice), space=world.team, values={}, reason="r")
    agent, token, _ = make_agent(world.alice)
    client = client_of(world.alice)
    ones = {
        "run": ("runs", run.public_id),
        "policy": ("policies", policy.public_id),
        "space": ("spaces", world.team.public_id),
        "agent": ("agents", agent.public_id),
        "token": ("tokens", token.public_id),
        "person": ("people", world.bob.public_id),
        "audit": ("audit", AuditEvent.objects.get(action="policy.change").public_id),
    }  # fmt: skip
    for noun, (path, one) in ones.items():
        assert client.get(f"/api/v1/{path}").status_code == 200, noun
        assert client.get(f"/api/v1/{path}/{one}").status_code == 200, noun
        (listed, retrieved) = seen(noun)
        assert listed[0] == "list", noun
        assert str(one) in listed[1] or noun == "audit", noun
        assert retrieved == ("retrieve", {str(one)}), noun
    client.get(f"/api/v1/spaces/{world.team.public_id}/members")
    assert seen("space")[-1] == ("members", {str(world.team.public_id)})


def test_a_token_that_reads_tokens_is_named(world, client_of):
    own, plain = tokens.issue(user=world.alice, name="n", scopes=["manage"])
    client_of(plain).get("/api/v1/tokens")
    assert AuditEvent.objects.get(action="token.read").token == own.public_id


def test_a_change_of_the_embedding_model_is_in_every_organisation_s_audit(world):
    row = EmbeddingModel(model="null:test")
    migration._record("embedding.switch", row)
    events = AuditEvent.objects.filter(action="embedding.switch")
    assert {event.organisation for event in events} == {
        world.organisation.public_id,
        world.elsewhere.public_id,
    }
