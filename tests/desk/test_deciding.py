"""Decisions beyond yes and no: several approvals, own words, taking back, putting off, asking."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.curation.core.policy import DEFAULT
from apps.curation.models import Candidate
from apps.curation.services import candidates, policies, postponing, several, undoing
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Provenance, Source
from apps.spaces.services import grants
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose

WORDS = "Orrin pays only on printed invoices."


@pytest.fixture
def row(world) -> Candidate:
    """Two people's words, none of them Alice's."""
    return propose(world.team, [Said(world.bob, WORDS), Said(world.dora, "Orrin: print them.")])


def shared() -> list[str]:
    found = Memory.objects.filter(source=Source.PROMOTION, status="active")
    return list(found.order_by("pk").values_list("text", flat=True))


# --- whose word it is ---------------------------------------------------------------------------
def test_nobody_approves_their_own_words(world, alice):
    mine = propose(world.team, [Said(alice, WORDS), Said(world.bob, "Print what Orrin gets.")])
    alone = propose(world.team, [Said(alice, "I alone say so.")])
    for candidate, told in ((mine, "your own words"), (alone, "You alone said it")):
        with pytest.raises(candidates.OwnRequest, match=told):
            candidates.approve(actor=of_user(alice), candidate=candidate)
    edited = candidates.edit(actor=of_user(alice), candidate=mine, text="In my better words.")
    with pytest.raises(candidates.OwnRequest, match="reworded"):
        candidates.approve(actor=of_user(alice), candidate=edited)
    assert shared() == []


def test_a_contributor_may_approve_what_another_one_worded(world, alice):
    row = propose(world.team, [Said(world.bob, WORDS), Said(alice, "Print what Orrin gets.")])
    candidates.approve(actor=of_user(alice), candidate=row)
    assert shared() == [WORDS]


# --- several approvals --------------------------------------------------------------------------
def test_where_the_policy_asks_for_two_approvals_one_publishes_nothing(world, row, alice, carol):
    ask_for_two(world, alice)
    first = candidates.approve(actor=of_user(alice), candidate=row, reason="Checked.")
    assert (first.status, shared()) == ("pending", [])
    with pytest.raises(candidates.AlreadyApproved):
        candidates.approve(actor=of_user(alice), candidate=row)
    assert candidates.approve(actor=of_user(carol), candidate=row).status == "approved"
    assert shared() == [WORDS]


def ask_for_two(world, alice) -> None:
    policies.change(
        actor=of_user(alice), space=world.team, values={"approvals": 2}, reason="Four eyes."
    )


def test_an_approval_is_of_the_words_and_the_space_that_were_judged(world, row, alice, carol):
    ask_for_two(world, alice)
    grants.grant(space=world.root, person=carol, role="reviewer", by=SYSTEM)
    policies.change(
        actor=of_user(alice), space=world.root, values={"approvals": 2}, reason="Here, too."
    )
    candidates.approve(actor=of_user(alice), candidate=row)
    row.members.filter(person=carol).delete()
    wider = candidates.approve(actor=of_user(carol), candidate=row, target=world.root.public_id)
    assert wider.status == "pending"  # Alice approved it for the team
    edited = candidates.edit(actor=of_user(alice), candidate=row, text="In other words.")
    assert candidates.approve(actor=of_user(carol), candidate=edited).status == "pending"
    assert candidates.approve(actor=of_user(alice), candidate=edited).status == "approved"
    assert shared() == ["In other words."]


@pytest.mark.parametrize("needed", [0, 6, 1.5])
def test_a_policy_asks_for_one_to_five_approvals(needed):
    with pytest.raises(ValueError, match="approvals must"):
        DEFAULT.changed({"approvals": needed})


# --- taking back --------------------------------------------------------------------------------
def test_an_approval_taken_back_withdraws_what_it_published(row, alice):
    done = candidates.approve(actor=of_user(alice), candidate=row, reason="Checked.")
    published = done.published
    assert published is not None
    again = undoing.undo(actor=of_user(alice), candidate=done, reason="Too early.")
    assert (again.status, again.published, again.reviewer, again.reason) == (
        "pending", None, None, "",
    )  # fmt: skip
    published.refresh_from_db()
    assert published.status == "retracted"
    assert not Provenance.objects.filter(memory=published).exists()
    assert shared() == []
    event = AuditEvent.objects.get(action="candidate.undo")
    assert (event.reason, event.detail) == ("Too early.", {"decision": "approved"})
    assert candidates.approve(actor=of_user(alice), candidate=again).status == "approved"
    assert shared() == [WORDS]


def test_what_it_had_taken_the_place_of_comes_back_as_true_as_it_was(world, row, alice, write):
    old = write(alice, "Orrin pays by card.", space=world.team)
    done = candidates.approve(actor=of_user(alice), candidate=row, supersedes=old.public_id)
    undoing.undo(actor=of_user(alice), candidate=done)
    old.refresh_from_db()
    assert old.status == "superseded"
    back = Memory.objects.get(text="Orrin pays by card.", status="active")
    assert (back.space, back.valid_to) == (world.team, None)
    assert Provenance.objects.get(memory=back).source_memory == old


def test_words_that_were_published_before_stay(world, row, alice):
    twin = propose(world.team, [Said(world.bob, WORDS), Said(world.dora, "Another note of it.")])
    first = candidates.approve(actor=of_user(alice), candidate=row)
    second = candidates.approve(actor=of_user(alice), candidate=twin)
    assert second.published == first.published
    links = Provenance.objects.filter(memory=first.published)
    assert links.count() == 3
    undoing.undo(actor=of_user(alice), candidate=second)
    assert shared() == [WORDS]
    assert links.count() == 2


def test_a_merge_and_a_rejection_are_taken_back(world, row, alice, write):
    known = write(alice, "Orrin wants paper.", space=world.team)
    merged = candidates.merge(actor=of_user(alice), candidate=row, into=known.public_id)
    assert Provenance.objects.filter(memory=known).count() == 2
    undone = undoing.undo(actor=of_user(alice), candidate=merged)
    assert not Provenance.objects.filter(memory=known).exists()
    known.refresh_from_db()
    assert known.status == "active"
    rejected = candidates.reject(actor=of_user(alice), candidate=undone, kind="wrong")
    assert rejected.reason == "wrong"
    assert undoing.undo(actor=of_user(alice), candidate=rejected).status == "pending"


def test_an_edit_is_taken_back(row, alice):
    edited = candidates.edit(actor=of_user(alice), candidate=row, text="Reworded.")
    undone = undoing.undo(actor=of_user(alice), candidate=edited)
    assert (undone.text, undone.edited, undone.revision) == (WORDS, False, 3)


def test_some_decisions_stay(world, row, alice, bob):
    with pytest.raises(undoing.NothingToUndo):
        undoing.undo(actor=of_user(alice), candidate=row)
    rejected = candidates.reject(actor=of_user(alice), candidate=row, reason="wrong")
    with pytest.raises(Forbidden):
        undoing.undo(actor=of_user(bob), candidate=rejected)
    Candidate.objects.filter(pk=row.pk).update(decided_at=clock.now() - timedelta(days=30))
    with pytest.raises(undoing.TooLate):
        undoing.undo(actor=of_user(alice), candidate=rejected)
    Candidate.objects.filter(pk=row.pk).update(reviewer=None, decided_at=clock.now())
    with pytest.raises(undoing.NothingToUndo, match="The policy decided this"):
        undoing.undo(actor=of_user(alice), candidate=rejected)


def test_a_newer_request_about_the_same_is_in_the_way(row, alice):
    rejected = candidates.reject(actor=of_user(alice), candidate=row, reason="wrong")
    Candidate.objects.create(
        cluster=row.cluster, target=row.target, decision=row.decision, text="Newer.",
        members_hash="1" * 64, created_at=clock.now(),
    )  # fmt: skip
    with pytest.raises(Conflict, match="Another request about the same"):
        undoing.undo(actor=of_user(alice), candidate=rejected)


# --- not now, not me ----------------------------------------------------------------------------
def test_what_is_put_off_leaves_the_queue_until_then(world, row, alice):
    now = clock.now()
    actor = of_user(alice)
    for until in (now - timedelta(hours=1), now + timedelta(days=366)):
        with pytest.raises(Invalid, match="next 365 days"):
            postponing.defer(actor=actor, candidate=row, until=until)
    done = postponing.defer(actor=actor, candidate=row, until=now + timedelta(days=3))
    assert list(Candidate.objects.due(now)) == []
    assert list(Candidate.objects.due(now + timedelta(days=4))) == [row]
    undone = undoing.undo(actor=actor, candidate=done)
    assert (undone.deferred_until, undone.revision) == (None, 1)


def test_a_colleague_who_reviews_the_space_can_be_asked(world, row, alice, bob, carol):
    actor = of_user(alice)
    for colleague, question, told in (
        (carol, " ", "Say what you want to know"),
        (bob, "Is it so?", "No other reviewer"),  # he reviews nothing
        (alice, "Is it so?", "No other reviewer"),
    ):
        with pytest.raises(Invalid, match=told):
            postponing.ask(
                actor=actor, candidate=row, colleague=colleague.public_id, reason=question
            )
    asked = postponing.ask(
        actor=actor, candidate=row, colleague=carol.public_id, reason="Is it so?"
    )
    assert asked.assignee == carol
    assert undoing.undo(actor=actor, candidate=asked).assignee is None
    event = AuditEvent.objects.get(action="candidate.ask")
    assert (event.reason, event.detail) == ("Is it so?", {"colleague": str(carol.public_id)})


# --- several at once ----------------------------------------------------------------------------
def test_each_of_several_is_answered_for(world, alice):
    said = [Said(world.bob, f"Fact {n}.") for n in range(4)]
    rows = [propose(world.team, [words]) for words in said]
    own = propose(world.team, [Said(alice, "Mine.")])
    tickets = [several.Ticket(one.public_id, one.revision) for one in (*rows, own)]
    candidates.reject(actor=of_user(alice), candidate=rows[0], reason="wrong")
    candidates.edit(actor=of_user(alice), candidate=rows[1], text="Reworded.")
    Candidate.objects.filter(pk=rows[2].pk).update(
        held_by=world.dora, held_until=clock.now() + timedelta(minutes=5)
    )
    tickets.append(several.Ticket(uuid.uuid4(), 1))
    found = several.decide(actor=of_user(alice), verb="approve", tickets=tickets)
    assert [(one.candidate.pk, one.outcome) for one in found] == [
        (rows[0].pk, "already decided"), (rows[1].pk, "changed"), (rows[2].pk, "held"),
        (rows[3].pk, "done"), (own.pk, "refused"),
    ]  # fmt: skip
    assert shared() == ["Fact 3."]


# --- the same by the API and at the desk --------------------------------------------------------
def test_the_api_puts_off_asks_takes_back_and_decides_on_many(client_of, world, row, alice, carol):
    client = client_of(alice)
    base = f"/api/v1/candidates/{row.public_id}"
    until = (clock.now() + timedelta(days=2)).isoformat()
    put_off = client.post(f"{base}/defer", {"until": until, "reason": "Later."}, "json").json()
    assert put_off["deferred_until"] is not None
    found = client.get("/api/v1/candidates?deferred=true").json()["results"]
    assert [one["id"] for one in found] == [str(row.public_id)]
    asked = {"colleague": str(carol.public_id), "reason": "Is it so?"}
    assert client.post(f"{base}/ask", asked, "json").json()["assignee"]["name"] == "Dora"
    undone = client.post(f"{base}/undo", {}, "json").json()
    assert (undone["assignee"], undone["deferred_until"]) == (None, None)
    assert undone["attention"][0].keys() == {"code", "points"}
    answer = client.post(f"{base}/reject", {"kind": "other"}, "json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "reason")
    items = [{"id": str(row.public_id), "revision": 1}]
    body = {"verb": "reject", "kind": "too specific", "items": items}
    answer = client.post("/api/v1/candidates/decide", body, "json").json()
    assert answer == [{"id": str(row.public_id), "outcome": "done", "detail": ""}]
    assert client.post(f"{base}/undo", {}, "json").json()["status"] == "pending"
    again = client.post(f"{base}/undo", {}, "json")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "nothing_to_undo")


def test_two_reviewers_of_the_api_approve_and_see_each_other(client_of, world, alice, carol):
    ask_for_two(world, alice)
    row = propose(world.team, [Said(world.bob, WORDS)])
    base = f"/api/v1/candidates/{row.public_id}"
    first = client_of(alice).post(f"{base}/approve", {}, "json").json()
    assert (first["status"], [one["name"] for one in first["approvals"]]) == ("pending", ["Alice"])
    assert client_of(carol).post(f"{base}/approve", {}, "json").json()["status"] == "approved"


def test_the_desk_takes_back_what_it_published(desk: Client, row):
    fields = {
        "expected_revision": 1, "approve-target": str(row.target.public_id), "approve-reason": "",
    }  # fmt: skip
    desk.post(page_of(row, "approve"), fields)
    told = desk.get("/desk/curation/candidate/").content.decode()
    assert f'<a href="{page_of(row)}#undo" data-undo>Undo</a>' in told
    body = desk.get(page_of(row)).content.decode()
    assert "What was published leaves every search" in body
    answer = desk.post(page_of(row, "undo"), {"expected_revision": 2, "undo-reason": "Oh."})
    assert answer.headers["Location"] == page_of(row)
    body = desk.get(page_of(row)).content.decode()
    assert "took the last decision back" in body
    assert "Publish to Blue?" in body
    assert shared() == []


def test_the_desk_puts_off_and_asks(desk: Client, world, row, carol):
    page = desk.get(page_of(row)).content.decode()
    assert "Ask a colleague" in page
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%d}"
    desk.post(page_of(row, "defer"), {"expected_revision": 1, "defer-until": tomorrow})
    queue = desk.get("/desk/curation/candidate/")
    assert list(queue.context["cl"].result_list) == []
    later = desk.get("/desk/curation/candidate/?status=deferred")
    assert [one.pk for one in later.context["cl"].result_list] == [row.pk]
    fields = {"expected_revision": 1, "ask-colleague": str(carol.public_id), "ask-reason": "So?"}
    assert desk.post(page_of(row, "ask"), fields).status_code == 302
    body = desk.get(page_of(row)).content.decode()
    assert "<strong>Dora</strong> was asked to judge it" in " ".join(body.split())
    refused = desk.post(page_of(row, "ask"), fields | {"ask-reason": ""})
    assert "This field is required." in refused.content.decode()
