"""What is around an entity, in a browser: drawn under the strict policy, a table beside it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apps.graph.models import Entity
from tests.conftest import World
from tests.graph.conftest import read_all, related

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pump(transactional_db: None, world: World, write) -> Entity:
    """E-204 among six things, one of them claimed twice."""
    for kind, other in (
        ("located_in", "Hall 1"), ("located_in", "Hall 2"), ("feeds", "Line 3"),
        ("serves", "Northwind Traders"), ("maintained_by", "Ann Lee"), ("uses", "Filter F-12"),
    ):  # fmt: skip
        declared = related("E-204", kind, other, valid_from="2026-01-01")
        write(world.alice, f"About {other}.", space=world.team, metadata=declared)
    write(world.bob, "Line.", space=world.team, metadata=related("Line 3", "part_of", "Plant A"))
    read_all()
    found: Entity = Entity.objects.called("E-204").get()
    return found


@pytest.mark.parametrize(
    "look", [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str
)
def test_what_is_around_an_entity_is_drawn_and_told(
    page, live_server, pump, sign_in, shoot, complaints, look
):
    width, theme = look
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in("alice@example.org")
    page.evaluate(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{theme}'))")
    page.goto(f"{live_server.url}/desk/graph/entity/{pump.public_id}/?depth=2")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-graph] canvas").first).to_be_visible()
    expect(page.get_by_role("table").get_by_role("link", name="Plant A")).to_be_visible()
    painted = page.evaluate(
        """() => [...document.querySelectorAll("[data-graph] canvas")].some((one) =>
            one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some((n) => n))"""
    )
    assert painted, "an empty picture"
    shoot(page, f"entity-{theme}-{width}")
    grave = [
        f"{rule['id']} at {node['html'][:160]}"
        for rule in Axe().run(page).response["violations"]
        for node in rule["nodes"]
        if rule["impact"] in {"serious", "critical"}
    ]
    assert grave == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} px wider than the screen"
    page.get_by_role("link", name="contradicts another").first.click()
    page.get_by_role("button", name="It stands").click()
    expect(page.get_by_text("It stands now.")).to_be_visible()
    assert complaints == []
