"""The first page's dashboard: the same figures as chart and table, narrowed to the reviewer."""

import json
import re

import pytest

from apps.accounts.actors import of_user
from apps.audit.services.events import SYSTEM
from apps.curation.models import RunState
from apps.curation.services import candidates
from apps.desk.panels import Panel, Series
from apps.spaces.models import Membership
from apps.spaces.services import grants
from tests.desk.stage import Said, propose, run_of

STATEMENTS = 45  # of the first page, whatever the number of rows


def panels_of(page):
    return {panel.key: panel for panel in page.context["panels"]}


def values(panel):
    return [one.values for one in panel.series]


@pytest.fixture
def history(world):
    """Alice approved one, rejected one; one waits since nine days."""
    alice = of_user(world.alice)
    yes, no = (propose(world.team, [Said(world.bob, text)]) for text in ("Yes.", "No."))
    candidates.approve(actor=alice, candidate=yes)
    candidates.reject(actor=alice, candidate=no, reason="wrong")
    return propose(world.team, [Said(world.bob, "Old <b>gate</b>.")], days_ago=9)


def test_every_chart_has_its_numbers_beside_it(desk, history):
    page = desk.get("/desk/")
    body = page.content.decode()
    panels = panels_of(page)
    assert set(panels) == {
        "waiting", "per-day", "by-policy", "by-signal", "by-verdict", "runs", "growth", "people",
        "spaces",
    }  # fmt: skip
    for panel in panels.values():
        drawn = re.search(rf'<script id="chart-{panel.key}"[^>]*>(.*?)</script>', body)
        assert (drawn is None) == panel.empty
        if drawn:
            assert json.loads(drawn[1])["labels"] == list(panel.labels)
            assert body.count(f'data-chart="chart-{panel.key}"') == 1
    assert values(panels["waiting"]) == [(0, 0, 1, 0)]
    assert [sum(one) for one in values(panels["per-day"])] == [1, 1, 0]
    assert (panels["by-policy"].labels, values(panels["by-policy"])) == (("Blue v0",), [(1,), (1,)])
    assert values(panels["by-signal"]) == [(1,), (1,)]
    assert "Several people seem to say the same" in panels["by-signal"].labels[0]
    assert values(panels["by-verdict"]) == [(0, 3, 9, 0)]
    assert values(panels["people"]) == [(1,)]
    assert panels["spaces"].labels == ("Blue",)
    assert values(panels["growth"])[0][-1] == 1


def test_who_reviews_elsewhere_sees_none_of_it(history, world, desk_of):
    root = world.elsewhere.spaces.get(kind="organisation")
    grants.grant(space=root, person=world.charlie, role="curator", by=SYSTEM)
    page = desk_of(world.charlie).get("/desk/")
    assert all(panel.empty for panel in page.context["panels"])
    assert "Blue" not in page.content.decode()


def test_the_number_of_statements_does_not_grow(
    desk, world, history, django_assert_max_num_queries
):
    for number in range(12):
        propose(world.team, [Said(world.bob, f"Fact {number}.")])
    with django_assert_max_num_queries(STATEMENTS):
        assert desk.get("/desk/").status_code == 200


def test_only_administrators_are_told_the_size_of_the_database(desk, world):
    assert desk.get("/desk/").context["health"]["size"] is None
    Membership.objects.filter(person=world.alice).update(role="admin")
    assert desk.get("/desk/").context["health"]["size"] > 1_000_000


def test_what_changes_is_asked_again_by_script(desk, world, history):
    assert desk.get("/desk/standing").json() == {"waiting": 1, "embeddings": 0, "run": None}
    run = run_of(world.organisation, state=RunState.RUNNING, finished_at=None)
    told = desk.get("/desk/standing").json()["run"]
    assert (told["id"], told["state"]) == (str(run.public_id), "running")
    assert f"{run.public_id}/progress" in desk.get("/desk/").content.decode()


def test_nobody_else_asks(client, desk_of, world, db):
    assert client.get("/desk/standing").status_code == 302
    assert desk_of(world.bob).get("/desk/standing").status_code == 302


def test_times_stand_newest_first_in_the_table_and_words_as_given():
    by_day = Panel("k", "t", "a", ("1", "2"), (Series("s", (3, 4)),))
    ranked = Panel("k", "t", "a", ("x", "y"), (Series("s", (3, 4)),), flat=True)
    assert list(by_day.rows) == [("2", (4,)), ("1", (3,))]
    assert list(ranked.rows) == [("x", (3,)), ("y", (4,))]
    assert Panel("k", "t", "a", ("x",), (Series("s", (0,)),)).empty
