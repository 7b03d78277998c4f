"""Contexts of requests: entered, kept apart on one connection, and enough without the filter."""

import random
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from apps.accounts.actors import of_token, of_user
from apps.accounts.models import User
from apps.accounts.services import tokens, users
from apps.audit.services.events import SYSTEM
from apps.kernel import isolation
from apps.kernel.isolation import Context
from apps.kernel.isolation.contexts import SETTINGS
from apps.kernel.middleware import IsolationMiddleware
from apps.memories.models import Memory
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import grants, organisations, tree

V1 = "/api/v1"


def found(user, token=None, reach="own"):
    """What the database finds for somebody, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM memoryhub_enter(%s, %s, %s, NULL)", [user, token, reach])
        return dict(zip(SETTINGS, cursor.fetchone(), strict=True))


def ids(text):
    return {int(pk) for pk in text.strip("{}").split(",") if pk}


def left_on_the_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('memoryhub.spaces', true)")
        return cursor.fetchone()


def seen():
    return set(Memory.objects.values_list("text", flat=True))


# --- agreement ------------------------------------------------------------------------------
def somewhere(chance):
    """Two organisations with random teams, members, roles, agents and tokens."""
    people: list[User] = []
    spaces: list[Space] = []
    for number in range(2):
        organisation = organisations.found(name=f"Org {number}")
        root = organisations.root_of(organisation)
        teams = [root]
        for each in range(chance.randint(0, 4)):
            above = chance.choice(teams)
            teams.append(tree.create_team(organisation=organisation, name=f"T{each}", parent=above))
        for each in range(3):
            person = users.create_person(email=f"p{number}{each}@example.org", name=f"P{each}")
            role = chance.choice(["member", "auditor", "admin"])
            organisations.join(organisation=organisation, person=person)
            type(person.membership).objects.filter(person=person).update(role=role)
            for space in teams:
                if chance.random() < 0.6:
                    kind = chance.choice(["viewer", "member", "reviewer", "curator"])
                    grants.grant(space=space, person=person, role=kind, by=SYSTEM)
            people.append(person)
        spaces += Space.objects.filter(organisation=organisation)
    people.append(users.create_person(email="nobody@example.org", name="Nobody"))
    return people, spaces


def credentials(chance, person, spaces):
    """The person's session, and tokens of the person and an agent with random limits."""
    yield of_user(person), None
    agent = users.create_agent(owner=person, name="agent")
    yield of_user(agent), None
    for user, scopes in (
        (person, ["read", "write", "review", "manage"]),
        (agent, ["read", "write"]),
    ):
        kept = chance.sample(scopes, chance.randint(1, len(scopes)))
        limit = None
        if chance.random() < 0.5:
            limit = [space.public_id for space in chance.sample(spaces, chance.randint(0, 4))]
        token, _plain = tokens.issue(user=user, name="t", scopes=kept, spaces=limit)
        yield of_token(token), token.pk


@pytest.mark.parametrize("seed", range(6))
def test_the_database_and_the_application_find_the_same_spaces(db, seed):
    chance = random.Random(seed)
    people, spaces = somewhere(chance)
    compared = 0
    for person in people:
        for actor, token in credentials(chance, person, spaces):
            resolved, told = access.of(actor), found(actor.user.pk, token)
            assert ids(told["spaces"]) == resolved.ids("read") | resolved.ids("write")
            assert ids(told["writable"]) == resolved.ids("write")
            assert ids(told["review"]) == resolved.ids("review")
            assert told["organisation"] == str(resolved.organisation_id or "")
            assert told["person"] == str(actor.principal.pk)
            assert told["audited"] == str(actor.audits or "")
            assert told["organisations"] == told["reviewed"] == ""
            compared += 1
    assert compared == 4 * len(people)


def test_no_reach_leaves_the_organisation(db):
    people, spaces = somewhere(random.Random(7))
    for person in people:
        organisation = access.of(of_user(person)).organisation_id
        own = {space.pk for space in spaces if space.organisation_id == organisation}
        for reach in ("own", "review", "organisation"):
            told = found(person.pk, reach=reach)
            assert ids(told["spaces"]) | ids(told["writable"]) | ids(told["review"]) <= own
        assert ids(told["spaces"]) == own


# --- on one connection ----------------------------------------------------------------------
def test_nothing_stays_on_the_connection_after_a_request(transactional_db, world, client_of, write):
    write(world.alice, "Alice keeps this.")
    client = client_of(world.alice)
    assert len(client.get(f"{V1}/memories").json()["results"]) == 1
    assert left_on_the_connection()[0] == "memoryhub"
    assert not left_on_the_connection()[1]
    assert isolation.current() is None


def test_a_failed_request_leaves_nothing_for_the_next(transactional_db, world, client_of, write):
    kept = write(world.alice, "Alice keeps this.")
    alice, charlie = client_of(world.alice), client_of(world.charlie)
    edit = alice.patch(
        f"{V1}/memories/{kept.public_id}", {"text": "x"}, headers={"If-Match": '"0"'}
    )
    assert edit.status_code == 412
    assert charlie.get(f"{V1}/memories").json()["results"] == []
    with isolation.within(isolation.nobody()):
        assert seen() == set()


def test_a_request_that_breaks_leaves_nothing_either(transactional_db, world, write):
    write(world.alice, "Alice keeps this.")

    def view(request):
        isolation.enter(user=world.alice.pk)
        assert seen() == {"Alice keeps this."}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        IsolationMiddleware(view)(RequestFactory().get("/"))
    assert isolation.current() is None
    with isolation.within(isolation.nobody()):
        assert seen() == set()


def test_contexts_follow_each_other_in_one_transaction(world, write):
    write(world.alice, "Alice keeps this.")
    write(world.bob, "Bob keeps this.")
    with transaction.atomic():
        for person in (world.alice, world.bob, world.alice):
            with isolation.within(Context(person.pk)):
                assert seen() == {f"{person.name} keeps this."}
        assert seen() == {"Alice keeps this.", "Bob keeps this."}


def test_an_undone_savepoint_brings_back_nobody_elses_context(world, write):
    write(world.alice, "Alice keeps this.")
    write(world.bob, "Bob keeps this.")
    alice, bob = Context(world.alice.pk), Context(world.bob.pk)
    with isolation.within(alice), transaction.atomic():
        assert seen() == {"Alice keeps this."}
        with pytest.raises(ZeroDivisionError), isolation.within(bob), transaction.atomic():
            assert 1 / (seen() != {"Bob keeps this."})
        assert seen() == {"Alice keeps this."}
    with isolation.within(bob):
        assert seen() == {"Bob keeps this."}


def test_own_grants_count_at_once_when_they_change_in_a_request(world, write):
    write(world.alice, "Blue ships.", space=world.team)
    with isolation.within(Context(world.dora.pk)):
        assert seen() == set()
        with isolation.within(None):
            grants.grant(space=world.team, person=world.dora, role="viewer", by=SYSTEM)
        isolation.forget()
        assert seen() == {"Blue ships."}


def test_a_step_of_the_hub_itself_stays_in_its_organisation(world, write):
    write(world.alice, "Alice keeps this.")
    write(world.charlie, "Charlie keeps this.")
    with isolation.within(isolation.nobody()):
        with isolation.acting_in(world.organisation.pk):
            assert seen() == {"Alice keeps this."}
        assert seen() == set()


def test_a_streamed_answer_keeps_who_asked(world, write):
    write(world.alice, "Alice keeps this.")

    def view(request):
        isolation.enter(user=world.alice.pk)
        return StreamingHttpResponse(text for _ in range(2) for text in sorted(seen()))

    answer: Any = IsolationMiddleware(view)(RequestFactory().get("/"))
    chunks = iter(answer.streaming_content)
    assert next(chunks) == b"Alice keeps this."
    assert isolation.current() is None
    assert list(chunks) == [b"Alice keeps this."]


# --- without the application's filter ----------------------------------------------------------
@pytest.fixture
def crowd(world, write, make_agent):
    """Everybody keeps something; an agent of Alice's may only read the team."""
    for name in ("alice", "bob", "dora", "charlie"):
        write(getattr(world, name), f"{name} ships in private.")
    write(world.bob, "Blue ships on Thursdays.", space=world.team)
    write(world.dora, "Green ships on Fridays.", space=world.other_team)
    *_, plain = make_agent(world.alice, ["read"], spaces=[world.team.public_id])
    return plain


EXPECTED = {
    "alice": {"alice ships in private.", "Blue ships on Thursdays."},
    "bob": {"bob ships in private.", "Blue ships on Thursdays."},
    "dora": {"dora ships in private.", "Green ships on Fridays."},
    "charlie": {"charlie ships in private."},
    "agent": {"Blue ships on Thursdays."},
}


@pytest.mark.parametrize("who", EXPECTED)
def test_without_the_filter_lists_and_recalls_show_nothing_foreign(
    crowd, world, client_of, application_filter_off, who
):
    assert Memory.objects.visible_to(of_user(world.charlie)).count() == 6  # it is off
    client = client_of(crowd if who == "agent" else getattr(world, who))
    listed = client.get(f"{V1}/memories").json()["results"]
    assert {row["text"] for row in listed} == EXPECTED[who]
    recalled = client.post(f"{V1}/recall", {"query": "Who ships when?", "limit": 50}).json()
    assert {row["text"] for row in recalled["results"]} == EXPECTED[who]


def test_without_the_filter_single_reads_and_writes_are_not_found(
    crowd, world, client_of, application_filter_off
):
    foreign = Memory.objects.get(text="alice ships in private.").public_id
    bob = client_of(world.bob)
    for path in ("", "/history", "/provenance", "/feedback"):
        assert bob.get(f"{V1}/memories/{foreign}{path}").status_code == 404
    assert bob.patch(f"{V1}/memories/{foreign}", {"text": "mine"}).status_code == 404
    assert bob.delete(f"{V1}/memories/{foreign}").status_code == 404
    assert bob.post(f"{V1}/memories/{foreign}/confirm", {}).status_code == 404
    assert Memory.objects.get(public_id=foreign).text == "alice ships in private."


@pytest.mark.parametrize("path", ["candidates?status=pending", "runs", "screenings", "audit"])
def test_without_the_filter_a_member_of_nothing_reviews_nothing(
    crowd, world, client_of, application_filter_off, path
):
    answer = client_of(world.charlie).get(f"{V1}/{path}")
    assert answer.status_code == 403 or answer.json()["results"] == []
