"""An administrator at work in a browser: a policy tried out, a switch turned, a run watched."""

import re

import pytest
from playwright.sync_api import expect

from apps.curation.models import CurationRun, Policy
from apps.kernel import clock
from apps.spaces.models import Membership, Switch
from tests.desk.stage import Said, propose, run_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(transactional_db, world):
    """A run that published nothing yet; Alice administers."""
    Membership.objects.filter(person=world.alice).update(role="admin")
    run = run_of(world.organisation)
    said = [Said(world.bob, "Orrin wants paper."), Said(world.dora, "Paper for Orrin.")]
    propose(world.team, said, run=run)
    return run


@pytest.fixture
def desk(page, run, sign_in):
    """Alice at her desk."""
    sign_in("alice@example.org")
    page.wait_for_url("**/desk/")
    return page


def test_a_policy_is_previewed_while_it_is_filled_in(desk, live_server, world, complaints):
    desk.goto(f"{live_server.url}/desk/curation/policy/change/{world.team.public_id}")
    shown = desk.locator("[data-shown]")
    before = Policy.objects.count()
    field = desk.locator("input[name=burst_days]")
    with desk.expect_response(re.compile("preview")) as answered:
        field.fill("3")
    assert answered.value.ok
    expect(shown).to_have_attribute("aria-busy", "false")
    expect(shown.locator("[data-sentence]")).to_contain_text("would")
    with desk.expect_response(re.compile("preview")) as refused:
        field.fill("-5")
    assert refused.value.status == 400
    expect(field).to_have_attribute("aria-invalid", "true")
    assert Policy.objects.count() == before
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []


def test_a_kill_switch_is_seen_everywhere_until_it_is_lifted(desk, live_server, complaints):
    desk.goto(f"{live_server.url}/desk/spaces/switch/")
    desk.locator("#stop-promotion").fill("A wrong import is being looked at.")
    desk.locator("form", has=desk.locator("#stop-promotion")).get_by_role("button").click()
    expect(desk.locator("#lift-promotion")).to_be_visible()
    desk.goto(f"{live_server.url}/desk/curation/candidate/")
    expect(desk.get_by_text("A wrong import is being looked at.")).to_be_visible()
    desk.goto(f"{live_server.url}/desk/spaces/switch/")
    desk.locator("#lift-promotion").fill("It is clean.")
    desk.get_by_role("button", name="Let it go on").click()
    expect(desk.locator("#stop-promotion")).to_be_visible()
    desk.goto(f"{live_server.url}/desk/curation/candidate/")
    expect(desk.get_by_text("A wrong import is being looked at.")).to_be_hidden()
    assert Switch.objects.get().lift_reason == "It is clean."
    assert complaints == []


def test_a_run_is_watched_without_reloading(desk, live_server, run, complaints):
    now = clock.now()
    rows = CurationRun.objects.filter(pk=run.pk)
    rows.update(state="running", started_at=now, beat_at=now, finished_at=None, step="searching",
                progress={"done": 10, "total": 100, "share": 0.1})  # fmt: skip
    desk.goto(f"{live_server.url}/desk/curation/curationrun/{run.public_id}/")
    expect(desk.locator("[data-percent]")).to_have_text("10")
    desk.evaluate("window.loadedOnce = true")
    rows.update(progress={"done": 60, "total": 100, "share": 0.6}, beat_at=clock.now())
    expect(desk.locator("[data-percent]")).to_have_text("60")
    assert desk.evaluate("window.loadedOnce") is True
    rows.update(state="done", finished_at=clock.now())
    expect(desk.locator("[data-progress]")).to_have_count(0)
    assert complaints == []
