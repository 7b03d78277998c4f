"""Runs and policies on the desk."""

from datetime import timedelta

import pytest

from apps.audit.services.events import SYSTEM
from apps.curation.core.policy import DEFAULT
from apps.curation.models import CurationRun, Decision, Policy, RunState
from apps.kernel import clock
from apps.spaces.services import grants, organisations, tree
from tests.desk.stage import Said, propose, run_of

RUNS = "/desk/curation/curationrun/"
POLICIES = "/desk/curation/policy/"


def test_a_run_shows_what_it_counted_and_why(desk, world, request_row):
    body = desk.get(f"{RUNS}{request_row.decision.run.public_id}/").content.decode()
    assert "Only one person says it" in body
    assert "held.one_person" in body
    assert "secret.password" in body
    assert "Sent to a reviewer" in body
    assert str(request_row.public_id) in body


def test_a_failed_run_says_what_happened(desk, world):
    run = run_of(world.organisation, state=RunState.FAILED, error="ValueError: <odd>", counts={})
    body = desk.get(f"{RUNS}{run.public_id}/").content.decode()
    assert "ValueError: &lt;odd&gt;" in body


def test_a_page_of_decisions_takes_few_queries(desk, world, django_assert_max_num_queries):
    run = run_of(world.organisation)
    for number in range(27):
        propose(world.team, [Said(world.bob, f"Fact {number}.")], run=run)
    with django_assert_max_num_queries(15):
        page = desk.get(f"{RUNS}{run.public_id}/")
    assert len(page.context["decisions"]) == 25
    assert len(desk.get(f"{RUNS}{run.public_id}/?page=2").context["decisions"]) == 2
    assert Decision.objects.count() == 27


@pytest.mark.parametrize(("fields", "dry"), [({}, False), ({"dry": "1"}, True)])
def test_a_run_can_be_started(desk, alice, fields, dry):
    answer = desk.post(f"{RUNS}start", fields)
    run = CurationRun.objects.get()
    assert answer.headers["Location"] == f"{RUNS}{run.public_id}/"
    assert (run.dry, run.requested_by, run.state) == (dry, alice, "queued")
    assert "Waiting for a worker" in desk.get(answer.headers["Location"]).content.decode()


def test_a_run_under_way_says_where_it_is_and_can_be_cancelled(desk, world):
    progress = {"done": 30, "total": 80, "share": 0.425}
    started = clock.now() - timedelta(minutes=5)
    run = run_of(
        world.organisation, state=RunState.RUNNING, step="screening", progress=progress,
        started_at=started, beat_at=started + timedelta(minutes=4), counts={},
    )  # fmt: skip
    told = desk.get(f"{RUNS}{run.public_id}/progress").json()
    assert told["unfinished"] is True
    assert told["percent"] == 42.5
    assert told["where"].endswith("planted instructions: 30 of 80")
    assert told["left"] == "about 5 min left"
    page = desk.get(f"{RUNS}{run.public_id}/").content.decode()
    assert f'data-progress="{RUNS}{run.public_id}/progress"' in page
    assert "42.5" in page
    desk.post(f"{RUNS}{run.public_id}/cancel")
    assert desk.get(f"{RUNS}{run.public_id}/progress").json()["where"].startswith("Stopping.")
    run.refresh_from_db()
    assert run.cancel_asked_at is not None


def test_a_stranger_sees_no_progress_and_cancels_nothing(desk_of, world):
    run = run_of(world.organisation, state=RunState.RUNNING, counts={})
    theirs = organisations.root_of(world.elsewhere)
    grants.grant(space=theirs, person=world.charlie, role="curator", by=SYSTEM)
    stranger = desk_of(world.charlie)
    assert stranger.get(f"{RUNS}{run.public_id}/progress").status_code == 404
    assert stranger.post(f"{RUNS}{run.public_id}/cancel").status_code == 404
    run.refresh_from_db()
    assert run.cancel_asked_at is None


def test_a_dry_run_shows_what_it_would_decide_and_trouble_with_the_model(desk, world):
    row = {
        "verdict": "review", "target": str(world.team.public_id), "score": 0.5, "people": 3,
        "notes": 4, "reasons": ["people.likely_same"], "policy_version": 1,
    }  # fmt: skip
    counts = {"new": {"decisions": 7}, "model_trouble": "unavailable"}
    run = run_of(world.organisation, dry=True, counts=counts, report=[row])
    body = desk.get(f"{RUNS}{run.public_id}/").content.decode()
    assert "1 of 7" in body
    assert "Several people seem to say the same" in body
    assert "The language model did not answer" in body


def test_a_second_run_is_refused_in_a_sentence(desk):
    desk.post(f"{RUNS}start")
    answer = desk.post(f"{RUNS}start", follow=True)
    assert "A run of this organisation is under way already" in answer.content.decode()
    assert CurationRun.objects.count() == 1


def test_policies_show_what_is_in_force_where(desk, world):
    body = desk.get(POLICIES).content.decode()
    assert body.count("built-in defaults") == 2
    fields = form_values(desk, world.root) | {"min_outcomes": "6", "why": "Few tasks."}
    answer = desk.post(f"{POLICIES}change/{world.root.public_id}", fields)
    policy = Policy.objects.get()
    assert answer.headers["Location"] == f"{POLICIES}{policy.public_id}/"
    assert (policy.values["min_outcomes"], policy.reason, policy.version) == (6, "Few tasks.", 1)
    body = desk.get(POLICIES).content.decode()
    assert "own, v1" in body
    assert "inherited from above, v1" in body


def form_values(desk, space):
    form = desk.get(f"{POLICIES}change/{space.public_id}").context["form"]
    return {name: value for name, value in form.initial.items() if value is not False}


def test_who_was_overtaken_sees_what_is_in_force_and_may_go_on(desk, world):
    page = f"{POLICIES}change/{world.team.public_id}"
    mine = form_values(desk, world.team) | {"min_outcomes": "9", "why": "Mine."}
    desk.post(page, form_values(desk, world.team) | {"min_outcomes": "6", "why": "Yours."})
    answer = desk.post(page, mine)
    assert answer.status_code == 412
    assert "Version 1 is in force by now" in answer.content.decode()
    told = [(c.name, c.before, c.after) for c in answer.context["changes"]]
    assert told == [("min_outcomes", 6, 9)]
    assert '<input type="hidden" name="expected_version" value="1">' in answer.content.decode()
    assert Policy.objects.count() == 1
    desk.post(page, mine | {"expected_version": "1"})
    assert Policy.objects.latest("version").values["min_outcomes"] == 9


def test_a_change_can_be_looked_at_before_it_is_made(desk, world):
    page = f"{POLICIES}change/{world.team.public_id}"
    fields = form_values(desk, world.team) | {"min_outcomes": "7", "why": "", "compare": "1"}
    answer = desk.post(page, fields)
    assert [(c.name, c.before, c.after) for c in answer.context["changes"]] == [
        ("min_outcomes", 5, 7)
    ]
    assert not answer.context["form"].errors
    assert not Policy.objects.exists()


def test_a_preset_fills_the_form(desk, world):
    page = desk.get(f"{POLICIES}change/{world.team.public_id}?preset=seed")
    assert page.context["form"].initial["rule"] == "seed"
    assert {c.name for c in page.context["changes"]} == {"rule", "hysteresis"}


def test_a_version_tells_what_it_changed(desk, world):
    for number in ("6", "8"):
        fields = form_values(desk, world.team) | {"min_outcomes": number, "why": "Try."}
        desk.post(f"{POLICIES}change/{world.team.public_id}", fields)
    told = {}
    for row in Policy.objects.all():
        page = desk.get(f"{POLICIES}{row.public_id}/").context
        changes = [(c.name, c.before, c.after) for c in page["changes"]]
        told[row.version] = (page["against"], changes)
    assert told == {
        1: ("v2, in force", [("min_outcomes", 8, 6)]),
        2: ("v1", [("min_outcomes", 6, 8)]),
    }


def test_a_form_left_as_it_is_changes_no_value(desk, world):
    fields = form_values(desk, world.team) | {"why": "Nothing at all."}
    desk.post(f"{POLICIES}change/{world.team.public_id}", fields)
    assert Policy.objects.get().values == DEFAULT.values()


@pytest.mark.parametrize("wrong", [{"why": ""}, {"failing_share": "1.5"}, {"min_outcomes": "0"}])
def test_a_wrong_policy_is_not_put_in_force(desk, world, wrong):
    fields = form_values(desk, world.team) | {"why": "Because."} | wrong
    answer = desk.post(f"{POLICIES}change/{world.team.public_id}", fields)
    assert set(answer.context["form"].errors) == set(wrong)
    assert not Policy.objects.exists()


def test_who_reviews_but_does_not_manage_reads_only(world, desk_of):
    grants.grant(space=world.other_team, person=world.dora, role="reviewer", by=SYSTEM)
    desk = desk_of(world.dora)
    assert "Change</a>" not in desk.get(POLICIES).content.decode()
    assert desk.get(f"{POLICIES}change/{world.other_team.public_id}").status_code == 404


def test_a_run_names_only_spaces_that_the_reviewer_knows(world, desk_of):
    hidden = tree.create_team(
        organisation=world.organisation, name="Secret merger", parent=world.root
    )
    grants.grant(space=world.team, person=world.bob, role="reviewer", by=SYSTEM)
    run = run_of(world.organisation)
    propose(hidden, [Said(world.alice, "Not for all.")], run=run)
    propose(world.team, [Said(world.alice, "For the team.")], run=run)
    body = desk_of(world.bob).get(f"{RUNS}{run.public_id}/").content.decode()
    assert "Secret merger" not in body
    assert "another space" in body
    assert f"<td>{world.team.name}</td>" in body
