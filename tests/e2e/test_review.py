"""A morning of reviewing in a browser: by keyboard, with a colleague, against hostile words."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.audit.services.events import SYSTEM
from apps.curation.models import Candidate
from apps.kernel import clock
from apps.memories.models import Memory
from apps.spaces.services import grants
from tests.conftest import PASSWORD, World
from tests.desk.stage import Said, propose, run_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

HALDEN = "Halden needs purchase orders before 14:00, or delivery slips a day."
HOSTILE = (
    "<script>alert(1)</script> \u202egnp.exe " + "☕" * 10_000,
    "word " * 6000 + "</textarea><img src=x onerror=alert(2)>",
)


@pytest.fixture
def waiting(transactional_db: None, world: World, write: Callable[..., Memory]) -> list[Candidate]:
    """Three requests of the team, the oldest first, and one memory that says the first already."""
    run = run_of(world.organisation)
    write(world.alice, f"{HALDEN[:-1]}!", space=world.team)
    rows = [
        propose(
            world.team,
            [Said(world.bob, text), Said(world.dora, f"{text} I saw it, too.")],
            run=run,
            days_ago=9 - 2 * number,
            reasons=["people.likely_same", "gate.too_few_people"],
        )
        for number, text in enumerate(
            (HALDEN, "The label printer wants a restart after a jam.", "Orrin wants paper.")
        )
    ]
    first = rows[0].members.order_by("pk")[0].memory
    Memory.objects.filter(pk=first.pk).update(occurred_at=clock.now() - timedelta(days=30))
    return rows


@pytest.fixture
def queue(page: Page, waiting: list[Candidate], sign_in: Callable[[str], None]) -> Page:
    """The queue on Alice's screen."""
    sign_in("alice@example.org")
    page.wait_for_url("**/desk/")
    page.goto(f"{page.url}curation/candidate/")
    return page


def status(row: Candidate) -> str:
    row.refresh_from_db()
    return str(row.status)


def test_the_keyboard_is_enough(queue, waiting, shoot, complaints):
    page = queue
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    shoot(page, "review_keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("#result_list tbody tr").nth(0)).to_have_class(re.compile("d-here"))
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**#approve")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Published to Blue.")).to_be_visible()
    assert status(waiting[1]) == "approved"
    page.keyboard.press("u")
    page.wait_for_url("**#undo")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    shoot(page, "review_undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken back: it awaits a decision again.")).to_be_visible()
    assert status(waiting[1]) == "pending"
    assert not Memory.objects.filter(source="promotion", status="active").exists()
    page.keyboard.press("r")
    page.get_by_label("Wrong or out of date").check()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected. It comes back")).to_be_visible()
    assert status(waiting[1]) == "rejected"
    assert complaints == []


def test_what_is_known_is_merged_after_a_look_at_the_difference(queue, waiting, shoot, complaints):
    page = queue
    page.keyboard.press("j")
    page.keyboard.press("o")
    diff = page.locator(".d-diff p")
    expect(diff.locator("del")).to_have_text("!")
    expect(diff.locator("ins")).to_have_text(".")
    expect(page.get_by_text(re.compile(r"2 people in 2 teams, over 4 weeks"))).to_be_visible()
    shoot(page, "review_request")
    page.get_by_role("button", name="Same fact: merge into this").click()
    expect(page.get_by_text("Merged: its members")).to_be_visible()
    assert status(waiting[0]) == "merged"
    assert complaints == []


def test_words_are_edited_and_published(queue, waiting, complaints):
    page = queue
    page.get_by_role("link", name="Orrin wants paper.").click()
    page.wait_for_url("**/candidate/*-*/")
    page.keyboard.press("e")
    page.get_by_label("Text").fill("Orrin pays printed invoices only.")
    page.keyboard.press("a")  # a letter in a field is a letter
    expect(page.get_by_label("Text")).to_have_value("Orrin pays printed invoices only.a")
    page.get_by_label("Text").fill("Orrin pays printed invoices only.")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("Changed and published to Blue.")).to_be_visible()
    assert status(waiting[2]) == "approved"
    assert Memory.objects.get(source="promotion").text == "Orrin pays printed invoices only."
    assert complaints == []


def test_many_are_decided_at_once_and_each_is_answered_for(queue, waiting, shoot, complaints):
    page = queue
    for key in ("j", "x", "j", "x", "r"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Reject 2 requests?")).to_be_visible()
    shoot(page, "review_bulk")
    Candidate.objects.filter(pk=waiting[0].pk).update(revision=2)
    page.get_by_label("Too specific to help others").check()
    page.get_by_role("button", name="Reject 2").click()
    expect(page.get_by_role("heading", name="1 done, 1 changed")).to_be_visible()
    assert [status(row) for row in waiting] == ["pending", "rejected", "pending"]
    assert complaints == []


@pytest.fixture
def colleague(
    browser: Browser, live_server, world: World, waiting: list[Candidate]
) -> Iterator[Page]:
    """Dora at a browser of her own; she reviews the team, too."""
    grants.grant(space=world.team, person=world.dora, role="reviewer", by=SYSTEM)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live_server.url}/desk/")
    page.get_by_label("Email").fill("dora@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/desk/")
    page.goto(f"{page.url}curation/candidate/")
    yield page
    context.close()


def test_two_reviewers_do_not_collide(queue, colleague, waiting, shoot, complaints):
    queue.keyboard.press("n")
    expect(queue.get_by_text("It is yours until")).to_be_visible()
    colleague.keyboard.press("n")
    expect(colleague.get_by_text("It is yours until")).to_be_visible()
    assert queue.url.split("#")[0] != colleague.url.split("#")[0]
    shoot(colleague, "review_held")
    theirs = colleague.url
    colleague.goto(queue.url)
    expect(colleague.get_by_text("Alice is judging it until")).to_be_visible()
    colleague.goto(theirs)
    colleague.get_by_role("button", name="Approve and publish").click()
    expect(colleague.get_by_text("Published to Blue.")).to_be_visible()
    expect(colleague.get_by_text("It is yours until")).to_be_visible()  # it went on with the next
    queue.locator("summary", has_text="Put it off").click()
    queue.get_by_role("button", name="Put off").click()
    expect(queue.get_by_text("Put off until")).to_be_visible()
    assert [status(row) for row in waiting] == ["pending", "approved", "pending"]
    assert complaints == []


@pytest.mark.parametrize("number", [0, 1])
def test_hostile_words_are_shown_and_do_no_harm(
    page, world, transactional_db, sign_in, shoot, complaints, number
):
    text = HOSTILE[number]
    row = propose(world.team, [Said(world.bob, text), Said(world.dora, f"{text[:400]} again")])
    sign_in("alice@example.org")
    page.wait_for_url("**/desk/")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{page.url}curation/candidate/{row.public_id}/")
    page.keyboard.press("e")
    assert (
        page.locator("[name=edit-text]").input_value().strip() == text.replace("\u202e", "").strip()
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    assert page.locator(".d-quote").locator("script, img").count() == 0
    shoot(page, f"review_hostile_{number}")
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen(queue, waiting, shoot, complaints, width, scheme):
    queue.emulate_media(color_scheme=scheme)
    queue.set_viewport_size({"width": width, "height": 900})
    for name, address in (("queue", queue.url), ("request", f"{queue.url}{waiting[0].public_id}/")):
        queue.goto(address)
        overflow = queue.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is wider than the screen by {overflow}"
        shoot(queue, f"review_{name}_{scheme}_{width}")
    assert complaints == []


def test_filters_are_kept_in_the_address(queue, shoot, complaints):
    page = queue
    page.get_by_text("Filters").first.click()
    page.get_by_label("By contributor").wait_for()
    shoot(page, "review_filters")
    page.get_by_label("By contributor").select_option(label="Bob")
    page.wait_for_url("**person=**")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    page.goto(f"{page.url}&score=0.9-1")
    expect(page.locator("#result_list tbody tr")).to_have_count(0)
    assert complaints == []
