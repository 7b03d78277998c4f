"""Simulating a policy and judging promotion at the desk: figures beside charts, no effects."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.services.events import SYSTEM
from apps.curation.models import Policy
from apps.curation.services import candidates
from apps.spaces.services import grants
from tests.curation.test_replay import SURE, asked, counts
from tests.desk.stage import Said, propose, run_of

RUNS = "/desk/curation/curationrun/"
QUALITY = "/desk/curation/policy/quality"


def simulated(desk, run, **query):
    return desk.get(f"{RUNS}{run.public_id}/simulate", query)


def test_a_run_leads_to_its_simulation_and_shows_what_flips(desk, world):
    request = asked(world, "The <b>gate</b> sticks.")
    run = request.decision.run
    assert f"{RUNS}{run.public_id}/simulate" in desk.get(f"{RUNS}{run.public_id}/").content.decode()
    assert simulated(desk, run).context["found"] is None
    before = counts()
    page = simulated(desk, run, kill_switch="yes")
    body = page.content.decode()
    assert page.context["moved"] == [("review", "hold", 1)]
    assert "Publishing is switched off for this space" in body
    assert str(request.cluster.public_id) in body
    assert "The &lt;b&gt;gate&lt;/b&gt; sticks." in body
    assert counts() == before


def test_a_preset_and_values_on_top_of_it(desk, world):
    request = asked(world, "Lucky.", raw_outcome={"total": 1, "successes": 1, "reporters": 1})
    run = request.decision.run
    assert simulated(desk, run, preset="seed").context["moved"] == [("review", "promote", 1)]
    stopped = simulated(desk, run, preset="seed", review_first="yes").context["moved"]
    assert stopped == []
    strict = simulated(desk, run, preset="seed", outcome_threshold="1").context["moved"]
    assert strict == [("review", "hold", 1)]


@pytest.mark.parametrize("query", [{"outcome_threshold": "2"}, {"preset": "x"}, {"rule": "y"}])
def test_a_wrong_policy_is_told_at_its_field(desk, world, query):
    page = simulated(desk, run_of(world.organisation), **query)
    assert set(page.context["form"].errors) == set(query)
    assert page.context["found"] is None


def test_flips_are_paged_and_keep_the_policy_in_the_address(
    desk, world, django_assert_max_num_queries
):
    run = run_of(world.organisation)
    for number in range(27):
        propose(world.team, [Said(world.bob, f"Fact {number}.")], run=run)
    with django_assert_max_num_queries(14):
        page = simulated(desk, run, kill_switch="yes")
    assert len(page.context["flips"]) == 25
    assert "kill_switch=yes&amp;page=2" in page.content.decode()
    assert len(simulated(desk, run, kill_switch="yes", page=2).context["flips"]) == 2


def test_whose_request_it_is_not_sees_no_words(world, desk_of):
    request = propose(world.other_team, [Said(world.dora, "Only for Green.")])
    grants.grant(space=world.team, person=world.bob, role="reviewer", by=SYSTEM)
    body = simulated(desk_of(world.bob), request.decision.run, kill_switch="yes").content.decode()
    assert str(request.cluster.public_id) in body
    assert "Only for Green." not in body


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_only_reviewers_simulate_and_judge(world, desk_of, who):
    run = run_of(world.organisation)
    desk = desk_of(getattr(world, who))
    assert simulated(desk, run).status_code == 302
    assert desk.get(QUALITY).status_code == 302


def test_a_run_of_another_organisation_does_not_exist(desk, world):
    assert simulated(desk, run_of(world.elsewhere)).status_code == 404


def test_quality_tells_rates_reliability_and_what_a_threshold_does(desk, world):
    alice = of_user(world.alice)
    good = asked(world, "Good.", self_eval=0.85, outcome=SURE, cluster_outcome=SURE)
    candidates.approve(actor=alice, candidate=good)
    candidates.reject(actor=alice, candidate=asked(world, "Poor.", self_eval=0.75), reason="no")
    before = counts()
    page = desk.get(QUALITY)
    body = page.content.decode()
    assert "2 judged by people, 1 of them worth sharing" in body
    assert "Split by a reviewer" in body
    assert "too few or too mixed" in body
    assert len(page.context["points"]) == 10
    assert body.count('<svg class="d-chart"') == 2
    promoted = [point["promote"] for point in page.context["points"]]
    assert promoted == sorted(promoted, reverse=True)
    assert promoted[0] == 2
    assert page.context["points"][0]["precision"] == 0.5
    assert counts() == before
    assert not Policy.objects.exists()


def test_a_sweep_stands_in_the_address(desk, world):
    asked(world, "Good.", likely=False, self_eval=0.7, cluster_outcome={})
    query = {"value": "self_eval_threshold", "start": "0.6", "stop": "0.8", "steps": "3"}
    page = desk.get(QUALITY, query)
    assert [(p["value"], p["review"]) for p in page.context["points"]] == [
        ("0.6", 1), ("0.7", 0), ("0.8", 0),
    ]  # fmt: skip
    wrong = desk.get(QUALITY, query | {"stop": "7"})
    assert wrong.status_code == 400
    assert "self_eval_threshold must lie between 0 and 1" in wrong.content.decode()
    assert set(desk.get(QUALITY, query | {"steps": "99"}).context["form"].errors) == {"steps"}


def test_nothing_on_these_pages_is_inline(desk, world):
    run = asked(world, "The gate sticks.").decision.run
    for page in (desk.get(QUALITY), simulated(desk, run, preset="seed")):
        body = page.content.decode()
        assert page.status_code == 200
        assert " style=" not in body
        assert "<style" not in body
        assert "<script>" not in body
        assert "onclick" not in body


def test_an_organisation_without_decisions_has_a_page_too(desk, world):
    page = desk.get(QUALITY)
    assert page.status_code == 200
    assert page.context["decisions"] == 0
