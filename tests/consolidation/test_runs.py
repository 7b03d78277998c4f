"""Runs on a real database: what becomes one, how it is undone, and what survives a kill."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.consolidation.models import Change, ConsolidationRun, Proposal, RunStep
from apps.consolidation.services import (
    changes,
    identity,
    policies,
    proposals,
    runs,
    schedule,
    steps,
    undoing,
)
from apps.consolidation.services.work import SILENCE
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Provenance
from apps.memories.services import memories
from apps.spaces.services import tree
from tests.consolidation.conftest import content, state

LIFT = "The lift needs a key after six."


def active(space: Any) -> list[str]:
    return sorted(
        Memory.objects.filter(space=space, status="active").values_list("text", flat=True)
    )


@pytest.fixture
def said(world, write):
    """Two people say one thing in the team in two spellings; a third thing stands beside."""
    return (
        write(world.alice, LIFT, space=world.team, tags=("lift",), metadata={"floor": 2}),
        write(world.bob, "the lift needs a key after six", space=world.team, importance=0.9,
              sensitivity="restricted"),
        write(world.bob, "The lift needs a key after seven.", space=world.team),
    )  # fmt: skip


def test_what_is_the_same_becomes_one_with_all_sources_and_can_be_undone(
    world, said, write, consolidate
):
    elsewhere = write(world.dora, LIFT, space=world.other_team)
    before = content(*said)
    run = consolidate(world.team)
    assert (run.state, run.counts["duplicates"]) == ("done", {"merged": 2, "into": 1})
    change = run.changes.get()
    one = change.result
    assert (one.text, one.author, one.source, one.status) == (
        LIFT, world.alice, "consolidation", "active",
    )  # fmt: skip
    assert (one.sensitivity, one.importance, one.tags) == ("restricted", 0.9, ["lift"])
    links = Provenance.objects.filter(memory=one).order_by("source_memory_id")
    assert [(x.source_memory_id, x.contributor_id) for x in links] == [
        (said[0].pk, world.alice.pk), (said[1].pk, world.bob.pk),
    ]  # fmt: skip
    assert active(world.team) == ["The lift needs a key after seven.", LIFT]
    assert Memory.objects.get(pk=elsewhere.pk).status == "active"
    assert one.index.get().embedding is not None  # its lead's: nothing to wait for
    again = consolidate(world.team)
    assert again.counts["duplicates"] == {"merged": 0, "into": 0}
    undone = undoing.undo(actor=of_user(world.alice), change=change, reason="They differ.")
    assert (undone.state, undone.undone_by) == ("undone", world.alice)
    assert content(*said) == before
    one.refresh_from_db()
    assert one.status == "retracted"
    assert consolidate(world.team).counts["duplicates"] == {"merged": 0, "into": 0}
    with pytest.raises(undoing.AlreadyUndone):
        undoing.undo(actor=of_user(world.alice), change=change, reason="Twice.")
    told = AuditEvent.objects.filter(action__in=["memory.merge", "memory.restore"])
    archivist = identity.of(world.organisation)
    assert [(e.action, e.actor, len(e.object_ids)) for e in told.order_by("id")] == [
        ("memory.merge", archivist.public_id, 3), ("memory.restore", world.alice.public_id, 3),
    ]  # fmt: skip
    assert not any("lift" in str(e.detail).lower() for e in told)


def test_a_dry_run_counts_and_changes_nothing(world, said, consolidate):
    before = content(*said)
    run = consolidate(world.team, dry=True)
    assert run.counts["duplicates"] == {"merged": 2, "into": 1}
    assert content(*said) == before
    assert not Change.objects.exists()
    assert not Proposal.objects.exists()
    assert run.pk not in ConsolidationRun.objects.complete().values_list("pk", flat=True)


def test_a_merge_of_a_merge_is_undone_in_order(world, said, write, consolidate):
    first = consolidate(world.team).changes.get()
    again = write(world.bob, LIFT, space=world.team)
    second = consolidate(world.team).changes.get()
    assert set(second.sources.values_list("memory_id", flat=True)) == {first.result_id, again.pk}
    with pytest.raises(Conflict, match=str(second.public_id)):
        undoing.undo(actor=of_user(world.alice), change=first, reason="No.")
    for change in (second, first):
        undoing.undo(actor=of_user(world.alice), change=change, reason="No.")
    assert active(world.team) == sorted([said[2].text, LIFT, said[1].text])
    # Bob had said it again since: the first time stands, the second is archived and reachable
    again.refresh_from_db()
    assert again.status == "archived"


def test_what_lost_a_source_is_taken_back_by_the_hub(world, said, consolidate):
    change = consolidate(world.team).changes.get()
    memories.retract(actor=of_user(world.bob), memory=said[1])
    run = consolidate(world.team)
    assert run.counts["follow"]["undone"] == 1
    change.refresh_from_db()
    assert (change.state, change.undone_by) == ("undone", None)
    assert active(world.team) == sorted([LIFT, said[2].text])
    assert Memory.objects.get(pk=said[0].pk).status == "active"


def test_published_facts_and_what_a_request_shows_are_left_alone(world, said, consolidate):
    Memory.objects.filter(pk=said[0].pk).update(source="promotion")
    assert consolidate(world.team).counts["duplicates"]["into"] == 0


def test_the_database_refuses_a_source_of_another_space(world, said, write, consolidate):
    change = consolidate(world.team).changes.get()
    elsewhere = write(world.dora, LIFT, space=world.other_team)
    with pytest.raises(DatabaseError, match="another space"), transaction.atomic():
        change.sources.create(memory=elsewhere, revision=1, content_hash="")
    with pytest.raises(DatabaseError, match="delete"), transaction.atomic():
        change.delete()


def test_what_changed_since_it_was_planned_is_left_out(world, said, consolidate, monkeypatch):
    merge = changes.merge

    def late(space, planned, pieces, hand, *rest):
        memories.revise(actor=of_user(world.bob), memory=said[1], changes={"text": "Otherwise."})
        return merge(space, planned, pieces, hand, *rest)

    monkeypatch.setattr(changes, "merge", late)
    assert consolidate(world.team).counts["duplicates"]["into"] == 0
    assert active(world.team) == sorted(["Otherwise.", LIFT, said[2].text])


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.fixture
def twins(world, write):
    """Two teams in which the same was said."""
    twin = tree.create_team(organisation=world.organisation, name="Twin", parent=world.root)
    for person in (world.alice, world.bob):
        tree.settle(team=twin, person=person)
        for space in (world.team, twin):
            for text in (LIFT, "Gate 4 opens at nine.", "Gate 4 opens at nine o'clock sharp."):
                write(person, text, space=space)
    for space in (world.team, twin):
        write(world.alice, "The  lift needs a KEY after six!!", space=space, tags=("x",))
    return world.team, twin


@pytest.mark.parametrize("name", [name for name, _ in steps.STEPS])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_each_step_it_ends_like_a_clean_run(
    name, moment, twins, consolidate, monkeypatch
):
    def kill(step):
        def killed(work):
            if moment == "after":
                step(work)
            raise KilledError

        return killed

    intact = steps.STEPS
    broken = tuple((n, kill(s) if n == name else s) for n, s in intact)
    run = runs.queue(space=twins[0])
    monkeypatch.setattr(steps, "STEPS", broken)
    with pytest.raises(KilledError):
        runs.execute(run_id=run.pk)
    monkeypatch.setattr(steps, "STEPS", intact)
    run = runs.execute(run_id=run.pk)
    assert [step.name for step in run.steps.all()] == [n for n, _ in intact]
    clean = consolidate(twins[1])
    assert (run.state, run.counts) == (clean.state, clean.counts)
    assert state(twins[0]) == state(twins[1])
    assert clean.counts["duplicates"] == {"merged": 6, "into": 3}


def test_killed_between_two_chunks_nothing_is_done_twice(twins, consolidate, monkeypatch):
    monkeypatch.setattr(changes, "CHUNK", 1)
    merge = changes.merge
    done: list[Any] = []

    def die(*args):
        if len(done) == 2:
            raise KilledError
        done.append(merge(*args))

    monkeypatch.setattr(changes, "merge", die)
    run = runs.queue(space=twins[0])
    with pytest.raises(KilledError):
        runs.execute(run_id=run.pk)
    monkeypatch.setattr(changes, "merge", merge)
    run, clean = runs.execute(run_id=run.pk), consolidate(twins[1])
    assert run.counts == clean.counts
    assert state(twins[0]) == state(twins[1])


def test_killed_between_two_lots_of_proposals_each_is_made_once(
    world, alike, write, consolidate, monkeypatch
):
    for person, often in ((world.alice, "every single"), (world.bob, "each and every")):
        write(person, f"The canteen of hall 7 closes {often} Friday at two.", space=world.team)
    monkeypatch.setattr(proposals, "_AT_ONCE", 1)
    propose = proposals._propose
    done: list[Any] = []

    def die(*args):
        if done:
            raise KilledError
        done.extend(propose(*args))
        return done

    monkeypatch.setattr(proposals, "_propose", die)
    run = runs.queue(space=world.team)
    with pytest.raises(KilledError):
        runs.execute(run_id=run.pk)
    assert Proposal.objects.get() == done[0]
    monkeypatch.setattr(proposals, "_propose", propose)
    run = runs.execute(run_id=run.pk)
    assert run.counts["possible"]["proposed"] == 2
    made = Proposal.objects.values_list("members_hash", flat=True)
    assert len(made) == len(set(made)) == 2


def test_spaces_are_due_by_time_and_by_writes(world, said, consolidate, write):
    due = {space.pk: why for space, why in schedule.due_spaces(clock.now())}
    assert due == {world.team.pk: "time"}
    assert runs.sweep() == 1
    assert runs.sweep() == 0  # one is queued
    runs.execute(run_id=ConsolidationRun.objects.get().pk)
    assert list(schedule.due_spaces(clock.now())) == []
    policies.change(
        actor=of_user(world.alice), space=world.root, values={"after_writes": 2}, reason="Often."
    )
    for number in range(2):
        write(world.bob, f"Box {number} is full.", space=world.team)
    assert [(space.pk, why) for space, why in schedule.due_spaces(clock.now())] == [
        (world.team.pk, "writes")
    ]
    policies.change(
        actor=of_user(world.alice), space=world.team, values={"enabled": False}, reason="Off."
    )
    assert list(schedule.due_spaces(clock.now())) == []


def test_one_run_at_a_time_and_a_silent_one_is_taken_over(world, said):
    run = runs.queue(space=world.team)
    with pytest.raises(runs.ConsolidationUnderWay):
        runs.queue(space=world.team)
    assert runs.resume() == 0
    ConsolidationRun.objects.filter(pk=run.pk).update(
        state="running", beat_at=clock.now() - 2 * SILENCE
    )
    assert runs.resume() == 1
    run.refresh_from_db()
    assert run.state == "done"


def test_the_command_says_what_it_did(world, said, capsys):
    call_command("consolidate", space="Blue", dry_run=True)
    call_command("consolidate", space=str(world.team.public_id))
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2
    assert all("into 1" in line and "merged 2" in line for line in told)
    with pytest.raises(CommandError, match="no space"):
        call_command("consolidate", space="Nowhere")


def test_the_archivist_can_do_nothing_as_a_user(world, said, consolidate, client_of):
    consolidate(world.team)
    agent = identity.of(world.organisation)
    assert agent.owner is not None
    assert identity.of(world.organisation) == agent
    assert not agent.is_active
    assert not agent.owner.is_active
    assert not agent.owner.has_usable_password()
    assert not agent.tokens.exists()
    assert not agent.owner.groups.exists()
    client = client_of(agent)
    assert client.get("/api/v1/memories").status_code == 401


@pytest.fixture
def alike(world, write):
    """Two ways to say what may be one thing."""
    return (
        write(world.alice, "Gate 4 opens at nine every single working day.", space=world.team),
        write(world.bob, "Gate 4 opens at nine each and every working day.", space=world.team),
    )


def test_what_seems_the_same_is_proposed_and_a_person_decides(world, alike, consolidate):
    run = consolidate(world.team)
    assert run.counts["possible"]["proposed"] == 1
    assert active(world.team) == sorted(one.text for one in alike)
    proposal = run.proposals.get()
    assert (proposal.kind, proposal.maker, proposal.lead) == ("merge", "likeness", proposal.lead)
    with pytest.raises(Forbidden):
        proposals.approve(actor=of_user(world.bob), proposal=proposal)
    done = proposals.approve(actor=of_user(world.alice), proposal=proposal)
    assert (done.status, done.reviewer) == ("approved", world.alice)
    assert active(world.team) == [proposal.text]
    change = Change.objects.get(result=done.result)
    assert (change.decided_by, change.maker) == (world.alice, "likeness")
    undoing.undo(actor=of_user(world.alice), change=change, reason="Not the same gate.")
    assert active(world.team) == sorted(one.text for one in alike)
    assert consolidate(world.team).counts["possible"]["proposed"] == 0


def test_what_a_run_made_and_compared_is_not_compared_by_the_next(world, alike, write, consolidate):
    for person, text in ((world.alice, LIFT), (world.bob, LIFT.upper())):
        write(person, text, space=world.team)
    first = consolidate(world.team)
    assert first.counts["possible"]["compared"] == 3, "the result in the place of its sources"
    assert consolidate(world.team).counts["possible"]["compared"] == 0
    ConsolidationRun.objects.filter(pk=first.pk).update(state="failed")
    ConsolidationRun.objects.exclude(pk=first.pk).update(started_at=first.started_at)
    assert consolidate(world.team).counts["possible"]["compared"] == 1, "nobody knows how far"


def test_what_was_turned_down_comes_back_only_in_other_words(world, alike, consolidate):
    proposal = consolidate(world.team).proposals.get()
    with pytest.raises(Invalid):
        proposals.reject(actor=of_user(world.alice), proposal=proposal, reason=" ")
    proposals.reject(actor=of_user(world.alice), proposal=proposal, reason="Two gates.")
    with pytest.raises(proposals.AlreadySettled):
        proposals.approve(actor=of_user(world.alice), proposal=proposal)
    ConsolidationRun.objects.update(started_at=None)  # compares everything anew
    assert consolidate(world.team).counts["possible"]["proposed"] == 0


def test_a_proposal_is_stale_once_a_source_changed(world, alike, consolidate):
    proposal = consolidate(world.team).proposals.get()
    memories.revise(actor=of_user(world.bob), memory=alike[1], changes={"importance": 0.9})
    with pytest.raises(Conflict, match="changed"):
        proposals.approve(actor=of_user(world.alice), proposal=proposal)
    consolidate(world.team)
    proposal.refresh_from_db()
    assert proposal.status == "stale"


def test_a_person_answers_for_their_own_space(world, write, consolidate, client_of):
    own = world.personal(world.bob)
    for text in ("Gate 4 opens at nine every single working day.",
                 "Gate 4 opens at nine each and every working day."):  # fmt: skip
        write(world.bob, text)
    proposal = consolidate(own).proposals.get()
    url = f"/api/v1/consolidation/proposals/{proposal.public_id}"
    assert client_of(world.alice).get(url).status_code == 404
    shown = client_of(world.bob).get(url).json()
    assert {one["text"] for one in shown["sources"]} == set(active(own))
    assert client_of(world.bob).post(f"{url}/approve", {}).json()["status"] == "approved"
    assert len(active(own)) == 1


def test_over_http_a_run_is_queued_and_a_change_undone(world, said, client_of, consolidate):
    client = client_of(world.alice)
    body = {"space": str(world.team.public_id), "dry": True}
    answer = client.post("/api/v1/consolidation/runs", body)
    assert answer.status_code == 202
    assert client.post("/api/v1/consolidation/runs", body).status_code == 409
    runs.execute(run_id=ConsolidationRun.objects.get().pk)
    assert client.get(answer.headers["Location"]).json()["counts"]["duplicates"]["into"] == 1
    change = consolidate(world.team).changes.get()
    url = f"/api/v1/consolidation/changes/{change.public_id}"
    sources = {str(said[0].public_id), str(said[1].public_id)}
    assert set(client.get(url).json()["sources"]) == sources
    assert client.post(f"{url}/undo", {}).json()["errors"][0]["attr"] == "reason"
    assert client.post(f"{url}/undo", {"reason": "No."}).json()["state"] == "undone"
    policy = {"space": body["space"], "values": {"every_hours": 0}, "reason": "x"}
    refused = client.post("/api/v1/consolidation/policies", policy, format="json")
    assert refused.status_code == 400
    assert "every_hours must lie between 1 and 744" in refused.json()["errors"][0]["detail"]


def test_steps_finished_are_rows(world, said, consolidate):
    run = consolidate(world.team)
    assert RunStep.objects.filter(run=run).count() == len(steps.STEPS)
