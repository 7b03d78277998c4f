"""The list of what was kept back, and the page where a dispute is judged."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.curation.models import Screening
from apps.curation.services import quarantine
from apps.desk.words import FINDINGS
from apps.kernel import clock
from apps.memories.models import Memory
from tests.curation import test_screen
from tests.desk.test_hostile_text import HOSTILE

LIST = "/desk/curation/screening/"


def page_of(mark: Screening, verb: str = "") -> str:
    return f"{LIST}{mark.public_id}/{verb}"


@pytest.fixture
def keep(write: Callable[..., Memory]) -> Callable[..., Screening]:
    """`keep(user, text)`: a note with a mark, as a run leaves it."""

    def _keep(user: User, text: str = "The gate code is 4711.", **fields) -> Screening:
        shape = {"codes": ["secret.access_code"], "rules": 1, "created_at": clock.now()} | fields
        return Screening.objects.create(memory=write(user, text), revision=1, **shape)

    return _keep


def disputed(mark: Screening, plea: str = "It is on the sign.") -> Screening:
    return quarantine.dispute(actor=of_user(mark.memory.owner), mark=mark, reason=plea)


def shown(desk, query=""):
    return [row.pk for row in desk.get(f"{LIST}?{query}").context["cl"].result_list]


def test_disputed_ones_come_first_and_no_words_are_on_the_list(desk, world, keep):
    old = keep(world.bob, "Quince one.", created_at=clock.now() - timedelta(days=9))
    new = disputed(keep(world.dora, "Quince two."))
    assert shown(desk) == [new.pk, old.pk]
    body = desk.get(LIST).content.decode()
    assert "Quince" not in body
    assert "A code of a door or a safe" in body


def test_the_list_is_narrowed_by_state_finding_and_age(desk, world, keep):
    old = keep(world.bob, "One.", created_at=clock.now() - timedelta(days=9))
    new = disputed(keep(world.bob, "Two.", codes=["secret.pin"]))
    past = keep(world.bob, "Three.")
    Screening.objects.filter(pk=past.pk).update(revision=7)
    for query, wanted in (
        ("state=disputed", [new]),
        ("state=kept", [old]),
        ("state=past", [past]),
        ("finding=secret.pin", [new]),
        ("age=7", [old]),
        ("age=new", [new]),
    ):
        assert shown(desk, query) == [mark.pk for mark in wanted], query


def test_the_words_are_closed_until_disputed(desk, world, keep):
    mark = keep(world.bob, "Gate 4711.")
    closed = desk.get(page_of(mark)).content.decode()
    assert "4711" not in closed
    assert "release it</button>" not in closed
    disputed(mark)
    body = desk.get(page_of(mark)).content.decode()
    assert "Gate 4711." in body
    assert "It is on the sign." in body
    assert "release it</button>" in body


def test_a_reviewer_releases_with_a_reason(desk, alice, world, keep):
    mark = disputed(keep(world.bob))
    refused = desk.post(page_of(mark, "release"), {"release-reason": ""})
    assert refused.status_code == 200
    assert "This field is required" in refused.content.decode()
    done = desk.post(
        page_of(mark, "release"), {"release-reason": "Printed on the gate."}, follow=True
    )
    mark.refresh_from_db()
    assert (mark.state, mark.reviewer, mark.reason) == ("released", alice, "Printed on the gate.")
    assert "takes part in promotion again" in done.content.decode()
    figures = desk.get(LIST).content.decode()
    assert "100 %" in figures


def test_a_reviewer_confirms(desk, world, keep):
    mark = disputed(keep(world.bob))
    desk.post(page_of(mark, "confirm"), {"confirm-reason": ""})
    mark.refresh_from_db()
    assert mark.state == "confirmed"
    late = desk.post(page_of(mark, "release"), {"release-reason": "After all."})
    assert late.status_code == 409
    assert "was confirmed already" in late.content.decode()


def test_what_was_not_disputed_is_not_judged(desk, world, keep):
    mark = keep(world.bob)
    answer = desk.post(page_of(mark, "release"), {"release-reason": "Looks fine."})
    assert answer.status_code == 409
    mark.refresh_from_db()
    assert mark.state == "kept"


def test_the_own_note_is_disputed_here_but_judged_by_another(desk, alice, keep):
    mark = keep(alice, "Gate 4711.")
    assert "Gate 4711." in desk.get(page_of(mark)).content.decode()
    desk.post(page_of(mark, "dispute"), {"dispute-reason": "On the sign."})
    assert desk.post(page_of(mark, "release"), {"release-reason": "Mine."}).status_code == 403
    desk.post(page_of(mark, "accept"))
    mark.refresh_from_db()
    assert mark.state == "confirmed"


def test_a_stranger_and_an_unknown_verb_find_nothing(desk, world, keep):
    assert desk.get(page_of(keep(world.charlie))).status_code == 404
    assert desk.post(page_of(keep(world.bob), "burn")).status_code == 404


def test_hostile_words_are_shown_not_obeyed(desk, world, keep):
    mark = disputed(keep(world.bob, HOSTILE), plea=HOSTILE)
    for body in (desk.get(page_of(mark)).content.decode(), desk.get(LIST).content.decode()):
        assert "<script>alert(1)" not in body
        assert "<img src=x" not in body
        assert "\u202e" not in body


def test_the_sidebar_counts_disputes_of_others(desk, alice, world, keep):
    disputed(keep(alice, "Mine."))
    keep(world.bob, "Undisputed.")
    disputed(keep(world.bob, "His."))
    items = desk.get(LIST).context["sidebar_navigation"][0]["items"]
    assert [item["badge"] for item in items if item["title"] == "Kept back"] == ["1"]


def test_every_finding_has_words():
    rows = (*test_screen.SECRETS, *test_screen.PERSONAL, *test_screen.INSTRUCTIONS)
    assert {code for code, _ in rows} == set(FINDINGS)
