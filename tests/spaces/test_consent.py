"""Whether curation may read a personal space is its person's own word."""

import pytest

from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.spaces.models import Organisation, Space

ME = "/api/v1/me"


def told(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["share_for_promotion"], answer.json()["shares_for_promotion"]


def shared(world):
    """Names of the people whose personal spaces curation reads."""
    spaces = Space.objects.in_use_for_curation(world.organisation.pk)
    return set(spaces.values_list("person__name", flat=True))


def test_a_person_says_no_and_takes_it_back(world, client_of):
    client = client_of(world.alice)
    assert told(client.get(ME)) == (None, True)
    assert told(client.patch(ME, {"share_for_promotion": False})) == (False, False)
    assert told(client.get(ME)) == (False, False)
    assert shared(world) == {"Bob", "Dora"}
    assert told(client.patch(ME, {"share_for_promotion": None})) == (None, True)
    assert shared(world) == {"Alice", "Bob", "Dora"}


def test_an_own_yes_stands_against_the_organisation_s_no(world, client_of):
    Organisation.objects.filter(pk=world.organisation.pk).update(share_for_promotion=False)
    client = client_of(world.alice)
    assert told(client.get(ME)) == (None, False)
    assert told(client.patch(ME, {"share_for_promotion": True})) == (True, True)
    assert shared(world) == {"Alice"}


def test_a_change_is_in_the_audit_once(world, client_of):
    for _ in range(2):
        client_of(world.alice).patch(ME, {"share_for_promotion": False})
    (event,) = AuditEvent.objects.filter(action="consent.change")
    assert event.actor == world.alice.public_id
    assert event.space == world.personal(world.alice).public_id
    assert event.detail == {"share_for_promotion": False}


def test_consent_can_be_taken_back_while_nothing_else_is_written(world, client_of):
    Organisation.objects.filter(pk=world.organisation.pk).update(read_only=True)
    client = client_of(world.alice)
    assert told(client.patch(ME, {"share_for_promotion": False})) == (False, False)


@pytest.mark.parametrize("body", [{}, {"share_for_promotion": "perhaps"}])
def test_a_choice_is_yes_no_or_null(body, world, client_of):
    assert client_of(world.alice).patch(ME, body).status_code == 400
    assert world.personal(world.alice).share_for_promotion is None


def test_neither_an_agent_nor_a_lesser_token_chooses(world, make_agent, client_of):
    _, _, agent = make_agent(world.alice)
    lesser = tokens.issue(user=world.alice, name="n", scopes=["read", "write"])[1]
    limited = tokens.issue(
        user=world.alice, name="n", scopes=["manage"], spaces=[world.team.public_id]
    )[1]
    for plain in (agent, lesser, limited):
        answer = client_of(plain).patch(ME, {"share_for_promotion": False})
        assert answer.status_code == 403
    assert world.personal(world.alice).share_for_promotion is None


def test_a_token_that_does_not_reach_the_space_is_told_nothing(world, make_agent, client_of):
    _, _, near = make_agent(world.alice)
    _, _, far = make_agent(world.alice, spaces=[world.team.public_id])
    assert told(client_of(near).get(ME)) == (None, True)
    assert told(client_of(far).get(ME)) == (None, None)
