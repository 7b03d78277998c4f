"""What a policy would have done, told while it is filled in; and the history of its versions."""

import pytest

from apps.accounts.actors import of_user
from apps.curation.core.policy import DEFAULT
from apps.curation.models import Policy
from apps.curation.services import policies
from apps.desk.preview import ruled_by
from tests.curation.test_replay import asked, counts
from tests.desk.stage import Said, propose


def form(**values):
    shown = {name: value for name, value in DEFAULT.values().items() if value is not False}
    return shown | {"expected_version": "0"} | values


@pytest.fixture
def address(world):
    return f"/desk/curation/policy/change/{world.team.public_id}/preview"


def test_the_form_begins_with_what_the_present_values_do(desk, world):
    asked(world, "The gate sticks.")
    page = desk.get(f"/desk/curation/policy/change/{world.team.public_id}")
    assert page.context["preview"]["decisions"] == 1
    assert "would promote 0, review 1, hold 0" in page.content.decode()


def test_other_values_are_told_without_any_effect(desk, world, address):
    asked(world, "The gate sticks.")
    before = counts()
    told = desk.post(address, form(kill_switch="on")).json()
    assert told["sentence"].endswith("promote 0, review 0, hold 1.")
    assert [row[1:] for row in told["rows"]] == [[0, 0], [1, 0], [0, 1]]
    assert told["flips"] == 1
    assert counts() == before
    assert not Policy.objects.exists()


def test_a_wrong_value_is_told_at_its_field(desk, address):
    answer = desk.post(address, form(outcome_threshold="7"))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"outcome_threshold"})


def test_what_is_old_or_of_another_space_is_left_out(desk, world, address):
    propose(world.team, [Said(world.bob, "Long ago.")], days_ago=31)
    propose(world.other_team, [Said(world.dora, "Green knows.")])
    told = desk.post(address, form()).json()
    assert told["decisions"] == 0
    assert told["sentence"].startswith("Nothing was decided")


def test_a_space_rules_what_is_below_it_until_that_has_its_own(world):
    assert ruled_by(world.root) >= {world.root.pk, world.team.pk, world.other_team.pk}
    policies.change(actor=of_user(world.alice), space=world.team, values={}, reason="r")
    assert world.team.pk not in ruled_by(world.root)
    assert world.other_team.pk in ruled_by(world.root)
    assert world.team.pk in ruled_by(world.team)


def test_who_does_not_manage_the_space_gets_nothing(desk, world, desk_of):
    other = f"/desk/curation/policy/change/{world.other_team.public_id}/preview"
    assert desk.post(other, form()).status_code == 404
    assert desk.get(other).status_code == 405


def test_the_history_tells_each_version_with_its_reason_and_changes(desk, world):
    alice = of_user(world.alice)
    for days, why in ((20, "Begin <i>softly</i>."), (10, "Faster.")):
        values = {"burst_days": days}
        newest = policies.change(actor=alice, space=world.team, values=values, reason=why)
    page = desk.get(f"/desk/curation/policy/{newest.public_id}/")
    told = [
        (row.version, [(change.name, change.before, change.after) for change in changed])
        for row, changed in page.context["versions"]
    ]
    assert told == [
        (2, [("burst_days", 20, 10)]),
        (1, [("burst_days", DEFAULT.burst_days, 20)]),
    ]
    assert "Begin &lt;i&gt;softly&lt;/i&gt;." in page.content.decode()
