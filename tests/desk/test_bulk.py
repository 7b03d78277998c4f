"""Deciding on many at once."""

import pytest

from apps.accounts.actors import of_user
from apps.curation.models import Candidate
from apps.curation.services import candidates
from apps.desk import bulk
from apps.memories.models import Memory, Source
from tests.desk.stage import Said, propose, run_of

QUEUE = "/desk/curation/candidate/"


@pytest.fixture
def three(world):
    run = run_of(world.organisation)
    return [propose(world.team, [Said(world.bob, f"Fact {n}.")], run=run) for n in range(3)]


def asked(desk, rows, action):
    return desk.post(QUEUE, {"action": action, "_selected_action": [row.pk for row in rows]})


def test_the_intermediate_page_says_how_many_and_changes_nothing(desk, three):
    page = asked(desk, three, "reject_selected")
    body = page.content.decode()
    assert "Reject 3 requests?" in body
    assert [row.text for row in page.context["sample"]] == ["Fact 0.", "Fact 1.", "Fact 2."]
    assert Candidate.objects.filter(status="pending").count() == 3


def test_every_row_is_answered_for(desk, three, alice):
    tickets = asked(desk, three, "approve_selected").context["tickets"]
    candidates.reject(actor=of_user(alice), candidate=three[0], reason="wrong")
    candidates.edit(actor=of_user(alice), candidate=three[1], text="Another fact.")
    page = desk.post(
        f"{QUEUE}decide", {"verb": "approve", "ticket": tickets, "reason": "All checked."}
    )
    outcomes = {result.candidate.pk: result.outcome for result in page.context["results"]}
    assert outcomes == {
        three[0].pk: "already decided", three[1].pk: "changed", three[2].pk: "done",
    }  # fmt: skip
    for part in ("1 done", "1 already decided", "1 changed"):
        assert part in page.context["summary"]
    assert Memory.objects.filter(source=Source.PROMOTION).count() == 1
    assert Candidate.objects.get(pk=three[2].pk).reason == "All checked."


def test_a_bulk_rejection_needs_a_reason(desk, three):
    tickets = asked(desk, three, "reject_selected").context["tickets"]
    again = desk.post(f"{QUEUE}decide", {"verb": "reject", "ticket": tickets})
    assert again.context["form"].errors["kind"] == ["This field is required."]
    assert again.context["tickets"] == tickets
    done = desk.post(f"{QUEUE}decide", {"verb": "reject", "ticket": tickets, "kind": "private"})
    assert done.context["summary"] == "3 done"
    assert set(Candidate.objects.values_list("status", "reason")) == {("rejected", "private")}


def test_a_form_filled_in_again_still_judges_what_was_seen(desk, three, alice):
    tickets = asked(desk, three[:1], "reject_selected").context["tickets"]
    candidates.edit(actor=of_user(alice), candidate=three[0], text="Changed meanwhile.")
    again = desk.post(f"{QUEUE}decide", {"verb": "reject", "ticket": tickets})
    assert again.context["tickets"] == tickets


def test_rows_of_others_are_not_touched(desk_of, three, world):
    foreign = three[0]
    tickets = [f"{foreign.public_id}:1", "nonsense", f"{foreign.public_id}:x"]
    candidates_of_others = desk_of(world.dora)
    assert candidates_of_others.post(
        f"{QUEUE}decide", {"verb": "reject", "ticket": tickets, "kind": "wrong"}
    ).status_code == 302  # fmt: skip
    assert Candidate.objects.filter(status="pending").count() == 3


def test_there_is_a_limit_and_it_is_said(desk, three, monkeypatch):
    monkeypatch.setattr(bulk, "AT_MOST", 2)
    page = asked(desk, three, "approve_selected")
    assert len(page.context["tickets"]) == 2
    assert "these are the first 2" in page.content.decode()


def test_unknown_verbs_do_not_exist(desk, three):
    assert desk.post(f"{QUEUE}decide", {"verb": "delete"}).status_code == 404
