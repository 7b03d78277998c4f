"""A disputed mark, judged in a browser."""

import pytest
from playwright.sync_api import expect

from apps.accounts.actors import of_user
from apps.curation.models import Screening
from apps.curation.services import quarantine
from apps.kernel import clock
from tests.conftest import World
from tests.e2e.test_desk import HOSTILE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marks(transactional_db: None, world: World, write) -> list[Screening]:
    """One that Dora left alone and one, with hostile words, that Bob disputes."""
    found = [
        Screening.objects.create(
            memory=write(person, text), revision=1, codes=codes, rules=1, created_at=clock.now()
        )
        for person, text, codes in (
            (world.dora, "Gate 4711.", ["secret.access_code", "personal.address"]),
            (world.bob, HOSTILE, ["instruction.steering"]),
        )
    ]
    quarantine.dispute(actor=of_user(world.bob), mark=found[1], reason=f"It is a joke. {HOSTILE}")
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reviewer_reads_and_releases_a_disputed_mark(
    page, marks, sign_in, shoot, complaints, width
):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in("alice@example.org")
    page.goto(page.url.split("/desk/")[0] + "/desk/curation/screening/")
    shoot(page, f"marks-{width}")
    page.get_by_role("link", name="Bob").first.click()
    shoot(page, f"mark-{width}")
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, f"wider than the screen by {overflow}"
    page.get_by_label("Why it is a false alarm").fill("It is a joke.")
    page.get_by_role("button", name="A false alarm: release it").click()
    expect(page.get_by_text("takes part in promotion again")).to_be_visible()
    shoot(page, f"mark-released-{width}")
    assert complaints == []
    marks[1].refresh_from_db()
    assert marks[1].state == "released"
