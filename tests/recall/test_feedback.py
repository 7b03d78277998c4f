"""`POST /recall/{id}/feedback`: who may say what, what it does, and what it never does."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError, NotSupportedError, ProgrammingError

from apps.accounts.services import users
from apps.audit.models import AuditEvent
from apps.curation.services import policies
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.recall.models import Feedback, RecallUse, Report
from apps.recall.services import reports
from apps.spaces.services import organisations, tree

NOBODY = uuid.UUID(int=7)


@pytest.fixture
def say(client_of, ask):
    """`say(who, verdict, memory)` asks for the boiler and says that of the memory; the answer."""

    def _say(who, verdict, memory, *, status=200, recall=None, **body):
        recall = recall or ask(who, "boiler")["recall_id"]
        body = {"verdict": verdict, "memory_ids": [str(memory.public_id)], **body}
        answer = client_of(who).post(f"/api/v1/recall/{recall}/feedback", body)
        assert answer.status_code == status, answer.json()
        return answer.json()

    return _say


@pytest.fixture
def shared(world, write):
    """A memory of Alice's that her team reads."""
    return write(world.alice, "The boiler leaks.", space=world.team)


@pytest.fixture
def crew(world):
    """Two more members of the team."""

    def join(name):
        person = users.create_person(
            email=f"{name.lower()}@example.org", name=name, password="correct horse battery"
        )
        organisations.join(organisation=world.organisation, person=person)
        tree.settle(team=world.team, person=person)
        return person

    return join("Erin"), join("Finn")


def about(client_of, who, memory):
    answer = client_of(who).get(f"/api/v1/memories/{memory.public_id}/feedback")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_what_was_said_is_kept_with_the_answer_and_the_memory(world, shared, ask, say):
    recall = ask(world.bob, "boiler")["recall_id"]
    [said] = say(world.bob, "outdated", shared, recall=recall, note="It was repaired.")
    assert (said["recall_id"], said["memory_id"]) == (recall, str(shared.public_id))
    assert (said["verdict"], said["note"], said["outcome"]) == (
        "outdated", "It was repaired.", None,
    )  # fmt: skip
    row = Feedback.objects.get()
    assert (row.user, row.person, row.memory) == (world.bob, world.bob, shared)
    assert row.content_hash == shared.content_hash


def test_the_last_word_counts_and_saying_it_again_changes_nothing(world, shared, ask, say):
    recall = ask(world.bob, "boiler")["recall_id"]
    [first] = say(world.bob, "useful", shared, recall=recall)
    assert say(world.bob, "useful", shared, recall=recall) == [first]
    [last] = say(world.bob, "wrong", shared, recall=recall)
    assert (last["verdict"], last["created_at"]) == ("wrong", first["created_at"])
    assert last["updated_at"] > first["updated_at"]
    assert Feedback.objects.get().verdict == "wrong"
    said = AuditEvent.objects.filter(action="recall.feedback").order_by("id")
    assert [event.detail["verdict"] for event in said] == ["useful", "wrong"]
    assert said[0].object_ids == [shared.public_id]


def test_the_audit_holds_no_word_of_the_note(world, shared, say):
    say(world.bob, "wrong", shared, note="Ask Fennick.")
    event = AuditEvent.objects.get(action="recall.feedback")
    assert "Fennick" not in f"{event.detail}{event.reason}"


def test_several_memories_take_one_request(world, shared, write, ask, client_of):
    other = write(world.bob, "The boiler hums.", space=world.team)
    recall = ask(world.bob, "boiler")["recall_id"]
    ids = [str(shared.public_id), str(other.public_id), str(other.public_id)]
    url = f"/api/v1/recall/{recall}/feedback"
    answer = client_of(world.bob).post(url, {"verdict": "useful", "memory_ids": ids})
    assert answer.status_code == 200
    assert {row["memory_id"] for row in answer.json()} == set(ids)
    assert Feedback.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"verdict": "great"}, "verdict"),
        ({"verdict": "useful", "memory_ids": []}, "memory_ids"),
        ({"verdict": "useful", "memory_ids": [str(NOBODY)] * 101}, "memory_ids"),
        ({"verdict": "useful", "memory_ids": ["x"]}, "memory_ids.0"),
        ({"verdict": "useful", "memory_ids": [str(NOBODY)]}, "memory_ids"),
        ({"note": "x" * 2001}, "note"),
        ({"outcome": str(NOBODY)}, "outcome"),
    ],
)
def test_a_bad_word_is_refused_by_field(world, shared, ask, client_of, body, attr):
    recall = ask(world.bob, "boiler")["recall_id"]
    body = {"verdict": "useful", "memory_ids": [str(shared.public_id)], **body}
    answer = client_of(world.bob).post(f"/api/v1/recall/{recall}/feedback", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
    assert not Feedback.objects.exists()


def test_only_what_the_answer_showed_can_be_spoken_of(world, shared, write, ask, say):
    recall = ask(world.bob, "boiler")["recall_id"]
    later = write(world.bob, "The boiler hums.", space=world.team)
    unread = write(world.alice, "The boiler is mine.")
    errors = [say(world.bob, "wrong", each, recall=recall, status=400) for each in (later, unread)]
    assert errors[0] == errors[1]
    memories.move(memories.lock(shared), "retracted", actor=None)
    assert say(world.bob, "wrong", shared, recall=recall, status=400) == errors[0]


def test_only_who_asked_may_speak(world, shared, ask, say, make_agent):
    _, _, plain = make_agent(world.bob)
    _, _, narrow = make_agent(world.bob, spaces=[world.team.public_id])
    by_bob, by_agent = (ask(who, "boiler")["recall_id"] for who in (world.bob, plain))
    for who, recall in ((world.alice, by_bob), (world.charlie, by_bob), (narrow, by_bob)):
        missing = say(who, "useful", shared, recall=recall, status=404)
        assert missing == say(who, "useful", shared, recall=NOBODY, status=404)
    for who, recall in ((plain, by_bob), (world.bob, by_agent), (plain, by_agent)):
        say(who, "useful", shared, recall=recall)
    assert Feedback.objects.filter(person=world.bob).count() == 2  # one person, two answers


def test_feedback_needs_the_write_scope(world, shared, say, make_agent):
    _, _, reader = make_agent(world.bob, scopes=["read"])
    say(reader, "useful", shared, status=403)


def test_an_outcome_of_ones_own_can_be_named(world, shared, say, client_of):
    body = {"task": "Repair it", "success": True, "memory_ids": [str(shared.public_id)]}
    mine, hers = (
        client_of(who).post("/api/v1/outcomes", body).json()["id"]
        for who in (world.bob, world.alice)
    )
    [said] = say(world.bob, "useful", shared, outcome=mine)
    assert said["outcome"] == mine
    say(world.bob, "useful", shared, outcome=hers, status=400)


def test_being_useful_changes_nothing_but_a_count(world, shared, write, ask, say, client_of):
    write(world.alice, "The boiler hums.", space=world.team)
    before = {**Memory.objects.filter(pk=shared.pk).values().get()}
    order = [(each["id"], each["score"]) for each in ask(world.bob, "boiler")["results"]]
    for _ in range(3):
        say(world.bob, "useful", shared)
    assert {**Memory.objects.filter(pk=shared.pk).values().get()} == before
    explained = ask(world.bob, "boiler", explain=True)["results"]
    assert [(each["id"], each["score"]) for each in explained] == order
    assert {each["id"]: each["feedback"] for each in explained}[str(shared.public_id)] == {
        "useful": 1
    }
    assert ask(world.bob, "boiler")["results"][0]["feedback"] is None


def test_doubts_are_told_to_owner_and_reviewers_only(world, write, say, client_of, crew):
    erin, finn = crew
    memory = write(world.bob, "The boiler leaks.", space=world.team)
    say(erin, "useful", memory)
    say(finn, "wrong", memory, note="It never did.")
    for who in (world.bob, world.alice):  # owner, reviewer
        told = about(client_of, who, memory)
        assert told["people"] == {"useful": 1, "wrong": 1}
        assert [each["verdict"] for each in told["said"]] == ["wrong", "useful"]
    told = about(client_of, erin, memory)
    assert told["people"] == {"useful": 1}
    assert [each["verdict"] for each in told["said"]] == ["useful"]
    url = f"/api/v1/memories/{memory.public_id}/feedback"
    assert client_of(world.dora).get(url).status_code == 404


def test_only_words_of_others_about_the_present_words_count(world, shared, ask, say, client_of):
    old = ask(world.bob, "boiler")["recall_id"]
    say(world.alice, "useful", shared)
    assert about(client_of, world.alice, shared)["people"] == {}
    url = f"/api/v1/memories/{shared.public_id}"
    assert client_of(world.alice).patch(url, {"text": "The boiler is dry."}).status_code == 200
    say(world.bob, "wrong", shared, recall=old)  # said of the words that the answer showed
    assert about(client_of, world.alice, shared)["people"] == {}
    say(world.bob, "useful", shared)
    assert about(client_of, world.alice, shared)["people"] == {"useful": 1}


def test_a_read_only_space_takes_no_words(world, shared, ask, say):
    recall = ask(world.bob, "boiler")["recall_id"]
    type(world.team).objects.filter(pk=world.team.pk).update(read_only=True)
    error = say(world.bob, "useful", shared, recall=recall, status=409)
    assert error["errors"][0]["code"] == "read_only"


def test_the_database_keeps_one_word_and_deletes_none(world, shared, say):
    say(world.bob, "useful", shared)
    row = Feedback.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="one_word"), transaction.atomic():
        row.save(force_insert=True)
    for rows in (Feedback.objects.all(), RecallUse.objects.all()):
        with (
            pytest.raises((InternalError, NotSupportedError, ProgrammingError), match="Cannot"),
            transaction.atomic(),
        ):
            rows.delete()


# --- reports ----------------------------------------------------------------------------------


def test_two_independent_people_bring_a_shared_memory_before_a_reviewer(
    world, shared, texts, say, crew, make_agent
):
    erin, _ = crew
    _, _, plain = make_agent(world.bob)
    say(world.alice, "harmful", shared)  # its owner
    say(world.bob, "harmful", shared)
    say(plain, "harmful", shared)  # the same person again
    say(erin, "wrong", shared)
    assert not Report.objects.exists()
    say(erin, "harmful", shared)
    report = Report.objects.get()
    assert (report.memory, report.people, report.closed_at) == (shared, 2, None)
    assert texts(world.bob, "boiler") == ["The boiler leaks."]  # two people cannot hide it
    say(erin, "harmful", shared)
    assert Report.objects.count() == 1
    event = AuditEvent.objects.get(action="report.open")
    assert (event.object_ids, event.detail["people"]) == ([shared.public_id], 2)


def test_the_policy_says_how_many_people_it_takes(world, shared, say, crew, actor_of):
    policies.change(
        actor=actor_of(world.alice), space=world.team, values={"harmful_people": 3}, reason="Calm."
    )
    erin, finn = crew
    say(world.bob, "harmful", shared)
    say(erin, "harmful", shared)
    assert not Report.objects.exists()
    say(finn, "harmful", shared)
    assert Report.objects.get().people == 3


def test_a_reviewer_keeps_it_or_quarantines_it(world, shared, texts, say, crew, actor_of):
    erin, finn = crew
    say(world.bob, "harmful", shared)
    say(erin, "harmful", shared)
    report = Report.objects.get()
    reviewer = actor_of(world.alice)
    for actor, decision, reason, error in (
        (actor_of(world.bob), "kept", "Fine.", Forbidden),
        (reviewer, "burnt", "Bad.", Invalid),
        (reviewer, "kept", " ", Invalid),
    ):
        with pytest.raises(error):
            reports.settle(actor=actor, report=report, decision=decision, reason=reason)
    reports.settle(actor=reviewer, report=report, decision="kept", reason="It is true.")
    with pytest.raises(Conflict):
        reports.settle(actor=reviewer, report=report, decision="kept", reason="Again.")
    say(finn, "harmful", shared)  # judged words of two, one new: not enough
    assert not Report.objects.pending().exists()
    say(erin, "harmful", shared)
    again = Report.objects.pending().get()
    reports.settle(actor=reviewer, report=again, decision="quarantined", reason="Planted.")
    shared.refresh_from_db()
    assert shared.status == "quarantined"
    assert texts(world.bob, "boiler") == []
    actions = AuditEvent.objects.filter(action__startswith="report.").order_by("id")
    assert [event.action for event in actions] == [
        "report.open", "report.kept", "report.open", "report.quarantined",
    ]  # fmt: skip


def test_reports_are_for_reviewers_of_the_space(world, shared, say, crew, actor_of):
    say(world.bob, "harmful", shared)
    say(crew[0], "harmful", shared)
    assert Report.objects.visible_to(actor_of(world.alice)).count() == 1
    for who in (world.bob, world.dora, world.charlie):
        assert not Report.objects.visible_to(actor_of(who)).exists()


def test_a_private_memory_makes_no_report(world, write, say, crew):
    mine = write(world.alice, "The boiler is mine.")
    say(world.alice, "harmful", mine)
    assert not Report.objects.exists()


def test_which_answer_and_which_task_are_told_to_who_asked_only(world, shared, say, client_of):
    """Two words with one recall would tell a memory's owner what else its answer showed."""
    reported = client_of(world.bob).post("/api/v1/outcomes", {"task": "Bob's", "success": True})
    (given,) = say(world.bob, "wrong", shared, outcome=reported.json()["id"])
    (own,) = about(client_of, world.bob, shared)["said"]
    assert own == given
    assert own["outcome"] == reported.json()["id"]
    (told,) = about(client_of, world.alice, shared)["said"]
    assert told == {**given, "recall_id": None, "outcome": None}
