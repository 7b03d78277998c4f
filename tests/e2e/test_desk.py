"""A reviewer at the desk, in a browser."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from apps.accounts.actors import of_user
from apps.curation.models import Candidate
from apps.curation.services import candidates, policies
from tests.conftest import World
from tests.desk.stage import Said, propose, run_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Look:
    """A screen."""

    name: str
    width: int
    scheme: str


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7*7 }} javascript:alert(3) "
    "https://example.org/click pay \u202eyenom\u202c now\u200b\u0007"
)


@pytest.fixture
def requests(transactional_db: None, world: World) -> list[Candidate]:
    run = run_of(world.organisation)
    halden = [
        Said(world.bob, "Halden needs purchase orders before 14:00, or delivery slips a day."),
        Said(world.alice, "Halden: order by 2 pm, otherwise it only ships the day after."),
        Said(world.dora, "Fwd: order Halden by 2 pm.", independent=False),
    ]
    printer = [
        Said(world.bob, "Restart the label printer after a jam: else the first label is blank."),
        Said(world.dora, "标签打印机卡纸后要先重启，否则第一张标签是空白的。"),
    ]
    likely = "people.likely_same"
    rows = [
        propose(world.team, halden, run=run, days_ago=2, reasons=[likely, "gate.too_few_people"]),
        propose(world.root, printer, run=run, days_ago=9, score=0.71, frequency=0.62,
                reasons=["outcome.promising", likely]),
        propose(world.root, [Said(world.dora, HOSTILE)], run=run, reasons=["outcome.promising"],
                score=0.2, outcome={}, cluster_outcome={}),
        propose(world.team, [Said(world.bob, "Orrin pays only on printed invoices.")], run=run,
                reasons=["outcome.decisive", "gate.review_first"], score=0.83, days_ago=4),
    ]  # fmt: skip
    alice = of_user(world.alice)
    candidates.approve(actor=alice, candidate=rows.pop(), reason="Confirmed with accounting.")
    policies.change(
        actor=alice, space=world.team, values={"min_outcomes": 6}, reason="Few tasks in this team."
    )
    return rows


def test_a_reviewer_signs_in_sees_pending_first_and_approves(
    page, requests, sign_in, shoot, complaints
):
    sign_in("alice@example.org")
    expect(page.get_by_text("awaiting review", exact=False).first).to_be_visible()
    assert page.locator("a.d-row").first.inner_text().startswith("Restart the label printer")
    shoot(page, "home")
    page.get_by_role("link", name="Requests").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    shoot(page, "queue")
    page.get_by_role("link", name="Halden needs").click()
    shoot(page, "candidate")
    page.get_by_label("Reason (optional)").first.fill("Two people, same hour.")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Published to Blue.")).to_be_visible()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    requests[0].refresh_from_db()
    assert (requests[0].status, requests[0].reason) == ("approved", "Two people, same hour.")
    assert complaints == []


def test_a_rejection_asks_why_and_keeps_the_answer(page, requests, sign_in, shoot, complaints):
    sign_in("alice@example.org")
    page.get_by_role("link", name=re.compile("label printer")).click()
    page.locator("summary", has_text="Reject").click()
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Say what it is.")).to_be_visible()
    shoot(page, "reject")
    page.get_by_label("In your words").fill("Only the old printer does that.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected. It comes back")).to_be_visible()
    requests[1].refresh_from_db()
    assert requests[1].reason == "other: Only the old printer does that."
    assert complaints == []


def test_hostile_text_stays_text_in_every_view(page, requests, sign_in, shoot, complaints):
    sign_in("alice@example.org")
    page.get_by_role("link", name="Requests").click()
    expect(page.locator(".d-mark", has_text="U+202E")).to_be_visible()
    page.get_by_role("link", name="<script>").click()
    quote = page.locator(".d-quote")
    expect(quote).to_contain_text("<script>alert(1)</script>")
    expect(quote).to_contain_text("{{ 7*7 }}")
    assert quote.locator("script, img, a").count() == 0
    assert [mark.inner_text() for mark in quote.locator(".d-mark").all()] == [
        "U+202E", "U+202C", "U+200B", "U+0007",
    ]  # fmt: skip
    shoot(page, "hostile")
    assert complaints == []


def test_several_are_rejected_at_once(page, requests, sign_in, shoot, complaints):
    sign_in("alice@example.org")
    page.get_by_role("link", name="Requests").click()
    page.locator("#action-toggle").check()
    shoot(page, "selected")
    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Too specific").check()
    shoot(page, "bulk")
    page.get_by_role("button", name="Reject 3").click()
    expect(page.get_by_role("heading", name="3 done")).to_be_visible()
    shoot(page, "bulk_results")
    assert Candidate.objects.filter(status="rejected", reason="too specific").count() == 3
    assert complaints == []


def test_runs_and_policies_can_be_read_and_changed(page, requests, sign_in, shoot, complaints):
    sign_in("alice@example.org")
    page.get_by_role("link", name="Runs").click()
    shoot(page, "runs")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_role("heading", name="Run of")).to_be_visible()
    shoot(page, "run")
    page.get_by_role("link", name="Policies").click()
    shoot(page, "policies")
    page.locator("tr", has_text="Aldermoor").get_by_role("link", name="Change").click()
    page.get_by_label("Always ask a reviewer").check()
    page.get_by_label("Why this change").fill("We start carefully.")
    shoot(page, "policy_form")
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_text("Version 1 is in force.")).to_be_visible()
    shoot(page, "policy")
    assert complaints == []


@pytest.mark.parametrize("look", [Look("phone", 390, "light"), Look("dark", 1280, "dark")])
def test_it_fits_a_phone_and_the_dark(page, requests, sign_in, shoot, complaints, look):
    page.emulate_media(color_scheme=look.scheme)
    page.set_viewport_size({"width": look.width, "height": 800})
    sign_in("alice@example.org")
    one = requests[0].public_id
    addresses = {"home": "", "queue": "curation/candidate/", "one": f"curation/candidate/{one}/",
                 "policies": "curation/policy/", "runs": "curation/curationrun/"}  # fmt: skip
    page.wait_for_url("**/desk/")
    desk = page.url
    for view, address in addresses.items():
        page.goto(desk + address)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{view} is wider than the screen by {overflow}"
        shoot(page, f"{look.name}_{view}")
    assert complaints == []


def test_the_menu_opens_on_a_phone(page, requests, sign_in, shoot, complaints):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in("alice@example.org")
    expect(page.get_by_role("link", name="Policies")).to_be_hidden()
    page.get_by_role("button", name="Show or hide the menu").click()
    expect(page.get_by_role("link", name="Policies")).to_be_visible()
    shoot(page, "phone_menu")
    page.get_by_role("link", name="Policies").click()
    expect(page.get_by_role("heading", name="In force")).to_be_visible()
    assert complaints == []


def test_who_reviews_nothing_is_told_at_the_door(page, requests, sign_in, shoot, complaints):
    sign_in("bob@example.org")
    expect(page.get_by_text("The desk is for people who review a space")).to_be_visible()
    shoot(page, "login_refused")
    assert complaints == []
