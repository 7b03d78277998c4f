"""The order of the queue, its filters, and who judges what."""

from datetime import timedelta

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.curation.models import Candidate
from apps.curation.services import candidates, leases, postponing
from apps.desk.filters import score_range
from apps.kernel import clock
from apps.memories.models import Memory
from apps.spaces.services import grants
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose

QUEUE = "/desk/curation/candidate/"
NEXT = f"{QUEUE}next"


@pytest.fixture
def three(world):
    """From the heaviest to the lightest."""
    return [
        propose(world.team, [Said(world.bob, f"Fact {n}.")], days_ago=9 - 3 * n) for n in range(3)
    ]


def taken_by(person: User) -> str:
    """What the next request of a reviewer says; "" when there is none."""
    taken = leases.take_next(actor=of_user(person))
    return taken.text if taken else ""


def texts(page) -> list[str]:
    return [row.text for row in page.context["cl"].result_list]


def test_what_is_worth_more_attention_stands_first(desk, world):
    propose(world.team, [Said(world.bob, "Plain.")], days_ago=3)
    propose(world.team, [Said(world.bob, "Disputed.")], reasons=["gate.disputed"], days_ago=0)
    propose(world.team, [Said(world.bob, "Old.")], days_ago=12)
    page = desk.get(QUEUE)
    assert texts(page) == ["Old.", "Disputed.", "Plain."]
    body = page.content.decode()
    assert "Somebody disagrees: 4.0" in body
    assert "It has waited: 12.0" in body
    row = Candidate.objects.get(text="Disputed.")
    assert "Why it stands here" in desk.get(page_of(row)).content.decode()


def test_a_run_gives_requests_their_place(world, write):
    row = propose(world.root, [Said(world.bob, "Read by three.")])
    assert row.readers == grants.readers([world.root.pk])[world.root.pk] == 3
    assert row.ranked_at < row.created_at - timedelta(days=2)  # log2(1 + 3)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("score=0.85-1", ["Good."]),
        ("score=0-0.5", ["Weak."]),
        ("score=0.3-0.31", ["Weak."]),
        ("score=1-0", []),
        ("score=x", []),
        ("language=ja", ["Weak."]),
        ("person={dora}", ["Weak."]),
        ("person={alice}", []),
        ("person=nobody", []),
        ("q=good&score=0.85-1&status=pending", ["Good."]),
    ],
)
def test_filters_stand_in_the_address(desk, world, query, found):
    propose(world.team, [Said(world.bob, "Good.")], score=0.9)
    propose(world.team, [Said(world.dora, "Weak.")], score=0.3)
    Memory.objects.filter(text="Weak.").update(language="ja")
    asked = query.format(dora=world.dora.public_id, alice=world.alice.public_id)
    assert texts(desk.get(f"{QUEUE}?{asked}")) == found


def test_the_api_knows_the_same_filters(client_of, world, alice):
    propose(world.team, [Said(world.bob, "Good.")], score=0.9, reasons=["gate.disputed"])
    propose(world.team, [Said(world.dora, "Weak.")], score=0.3)
    client = client_of(alice)
    for query, found in (
        ("score_min=0.5", ["Good."]),
        ("score_max=0.5", ["Weak."]),
        ("reason=gate.disputed", ["Good."]),
        (f"contributor={world.dora.public_id}", ["Weak."]),
        ("language=xx", []),
        ("mine=true", []),
        ("deferred=false", ["Good.", "Weak."]),
    ):
        rows = client.get(f"/api/v1/candidates?{query}").json()["results"]
        assert sorted(row["text"] for row in rows) == found, query


@pytest.mark.parametrize(
    ("asked", "bounds"),
    [("0-1", (0, 1)), ("0.42-0.5", (0.42, 0.5)), ("0.5", None), ("nan-1", None), ("0-2", None)],
)
def test_a_score_range_is_two_numbers(asked, bounds):
    assert score_range(asked) == bounds


def test_two_reviewers_never_get_the_same_request(three, alice, carol):
    second = of_user(carol)
    assert [taken_by(one) for one in (alice, carol, alice)] == ["Fact 0.", "Fact 1.", "Fact 2."]
    assert taken_by(carol) == "Fact 0."  # Alice went on and let it go
    with pytest.raises(leases.Held):
        candidates.reject(actor=second, candidate=three[2], reason="wrong")
    Candidate.objects.filter(pk=three[2].pk).update(held_until=clock.now() - timedelta(seconds=1))
    assert candidates.reject(actor=second, candidate=three[2], reason="wrong").held_by is None


def test_at_the_end_it_begins_anew_and_decided_ones_are_left_out(three, alice):
    actor = of_user(alice)
    candidates.reject(actor=actor, candidate=three[1], reason="wrong")
    assert [taken_by(alice) for _ in range(3)] == [
        "Fact 0.", "Fact 2.", "Fact 0.",
    ]  # fmt: skip
    for row in (three[0], three[2]):
        candidates.reject(actor=actor, candidate=row, reason="wrong")
    assert leases.take_next(actor=actor) is None


def test_what_a_colleague_asks_comes_first_and_is_nobody_elses(three, alice, carol):
    postponing.ask(
        actor=of_user(alice), candidate=three[2], colleague=carol.public_id, reason="Is it?"
    )
    assert taken_by(carol) == "Fact 2."
    assert [taken_by(alice) for _ in range(3)] == [
        "Fact 0.", "Fact 1.", "Fact 0.",
    ]  # fmt: skip


def test_the_desk_takes_the_next_and_goes_on_after_a_decision(desk, desk_of, three, carol):
    assert desk.post(NEXT).headers["Location"] == page_of(three[0])
    page = desk.get(page_of(three[0])).content.decode()
    assert "It is yours until" in page
    assert (
        "<strong>Alice</strong> is judging it"
        in desk_of(carol).get(page_of(three[0])).content.decode()
    )
    assert "Alice is judging it" in desk_of(carol).get(QUEUE).content.decode()
    refused = desk_of(carol).post(
        page_of(three[0], "reject"), {"expected_revision": 1, "reject-kind": "wrong"}
    )
    assert refused.status_code == 409
    done = desk.post(page_of(three[0], "reject"), {"expected_revision": 1, "reject-kind": "wrong"})
    assert done.headers["Location"] == page_of(three[1])
    let_go = desk.post(page_of(three[1], "release"), {"expected_revision": 1})
    assert let_go.headers["Location"] == QUEUE
    assert Candidate.objects.filter(held_by__isnull=False).count() == 0
    Candidate.objects.update(status="rejected")
    assert desk.post(NEXT).headers["Location"] == QUEUE


def test_the_api_takes_and_releases(client_of, three, alice):
    client = client_of(alice)
    taken = client.post("/api/v1/candidates/next").json()
    assert (taken["text"], taken["held_by"]["name"]) == ("Fact 0.", "Alice")
    let_go = client.post(f"/api/v1/candidates/{taken['id']}/release").json()
    assert (let_go["held_by"], let_go["held_until"]) == (None, None)
    Candidate.objects.update(status="rejected")
    assert client.post("/api/v1/candidates/next").status_code == 204


def test_tabs_count_what_waits_what_is_put_off_and_what_was_asked(desk_of, three, alice, carol):
    actor = of_user(alice)
    postponing.defer(actor=actor, candidate=three[0], until=clock.now() + timedelta(days=2))
    postponing.ask(actor=actor, candidate=three[1], colleague=carol.public_id, reason="Is it?")
    candidates.reject(actor=actor, candidate=three[2], reason="wrong")
    page = desk_of(carol).get(QUEUE)
    counts = {value: count for value, _, count in page.context["status_tabs"]}
    assert counts == {
        "pending": 1, "asked": 1, "deferred": 1, "approved": 0, "rejected": 1, "merged": 0,
        "withdrawn": 0, "all": 3,
    }  # fmt: skip
    assert texts(desk_of(carol).get(f"{QUEUE}?status=asked")) == ["Fact 1."]
