"""Twelve pages in both themes and two widths: nothing serious by axe-core, nothing that moves
while it loads; pictures for the docs.

`make pictures` keeps those of 1280 pixels under `docs/images/`.
"""

from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.services import seals
from apps.audit.services.events import SYSTEM
from apps.curation.models import Candidate
from apps.curation.services import candidates, policies
from apps.identity.services import mappings, scim_tokens
from apps.kernel import clock
from apps.memories.models import Memory
from apps.spaces.models import Membership
from apps.spaces.services import switches
from tests.conftest import World
from tests.desk.stage import Said, propose, run_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

_ALSO_WAITING = (
    "Crates from Nordholm come with two labels; the inner one has the lot number.",
    "The night build fails when the certificate store is older than 30 days: renew it first.",
    "Refunds above 500 euro need the second signature before 16:00 to leave the same day.",
    "E-204 overheats after an hour at full load; at 80 % it runs through the shift.",
)
_GRAVE = {"serious", "critical"}
_MOVES = 0.01  # cumulative layout shift; from 0.1 on a page counts as restless (web.dev, CLS)
_WATCH = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass(frozen=True)
class Look:
    """A screen and its theme."""

    width: int
    height: int
    theme: str


@pytest.fixture
def pages(transactional_db: None, world: World) -> dict[str, str]:
    """Twelve addresses by the name of their picture, with something on each."""
    Membership.objects.filter(person=world.alice).update(role="admin")
    alice = of_user(world.alice)
    run = run_of(world.organisation)
    halden = [
        Said(world.alice, "Halden needs purchase orders before 14:00, or delivery slips a day."),
        Said(world.bob, "Halden: order by 2 pm, otherwise it only ships the day after."),
    ]
    waiting = propose(world.team, halden, run=run, days_ago=2)
    propose(world.root, [Said(world.dora, "ラベルプリンターは紙詰まりのあと再起動してください。")],
            run=run, days_ago=9, score=0.71, reasons=["outcome.promising"])  # fmt: skip
    for days, text in enumerate(_ALSO_WAITING, start=3):
        said = [Said(world.bob, text), Said(world.alice, f"Seen again: {text}")]
        propose(world.team, said, run=run, days_ago=days, score=0.5 + days / 50)
    done = [
        propose(world.team, [Said(world.bob, text), Said(world.alice, f"Also: {text}")], run=run)
        for text in ("Orrin pays only on printed invoices.", "Gate two needs a firm push.")
    ]
    candidates.approve(actor=alice, candidate=done[0], reason="Confirmed with accounting.")
    candidates.reject(actor=alice, candidate=done[1], reason="too specific")
    for days, why in ((21, "Slower than the default."), (10, "Few tasks in this team.")):
        policies.change(actor=alice, space=world.team, values={"burst_days": days}, reason=why)
    wish = mappings.Wish(group="Bakery reviewers", space=world.team, space_role="reviewer")
    mappings.add(organisation=world.organisation, wish=wish, by=SYSTEM)
    directory, _ = scim_tokens.issue(organisation=world.organisation, name="Okta", by=SYSTEM)
    while seals.seal(now=clock.now()):
        pass
    return {
        "landing": "/",
        "login": "/desk/login/",
        "home": "/desk/",
        "queue": "/desk/curation/candidate/",
        "request": f"/desk/curation/candidate/{Candidate.objects.get(pk=waiting.pk).public_id}/",
        "policy": f"/desk/curation/policy/change/{world.team.public_id}",
        "memory": f"/desk/memories/memory/{Memory.objects.get(source='promotion').public_id}/",
        "space": f"/desk/spaces/space/{world.team.public_id}/",
        "audit": "/desk/audit/auditevent/",
        "sign_in_groups": "/desk/identity/groupmapping/new",
        "directory": f"/desk/identity/scimtoken/{directory.public_id}/",
        "switches": "/desk/spaces/switch/",  # last: one is turned on, which every page tells
    }


@pytest.mark.parametrize(
    "look",
    [
        Look(1280, 760, "light"),
        Look(1280, 760, "dark"),
        Look(390, 844, "light"),
        Look(390, 844, "dark"),
    ],
    ids=lambda look: f"{look.width}-{look.theme}",
)
def test_nothing_serious_by_axe_and_nothing_moves(
    page, live_server, pages, sign_in, shoot, complaints, look
):
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")
    page.add_init_script(_WATCH)
    problems: list[str] = []
    for name, address in pages.items():  # those for everybody first
        if name == "home":
            sign_in("alice@example.org")
            page.evaluate(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{look.theme}'))")
        if name == "switches":
            alice = of_user(User.objects.get(email="alice@example.org"))
            switches.turn_on(actor=alice, kind="consolidation", reason="The import is checked.")
        page.goto(f"{live_server.url}{address}")
        page.wait_for_load_state("networkidle")
        moved = page.evaluate("window.moved")
        if moved >= _MOVES:
            problems.append(f"{name}: moves by {moved:.3f} while it loads")
        problems += [f"{name}: {one}" for one in _problems(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            problems.append(f"{name}: {wide} px wider than the screen")
        shoot(page, f"{name}-{look.theme}-{look.width}", whole=False)
    assert problems == []
    assert complaints == []


def _problems(page: Page) -> list[str]:
    """What axe-core calls serious or critical: rule, element and why."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} at {node['html'][:160]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule["nodes"][:4]
    ]
