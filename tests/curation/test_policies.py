"""Versions of a policy: presets, and two curators who do not overwrite each other."""

import pytest

from apps.accounts.actors import of_user
from apps.curation.core.policy import DEFAULT, PRESETS, Difference, PromotionPolicy, differences
from apps.curation.models import Policy
from apps.curation.services import policies
from apps.kernel.errors import Invalid, PreconditionFailed


def change(world, **more):
    given = {"values": {}, "reason": "because"} | more
    return policies.change(actor=of_user(world.alice), space=world.team, **given)


def test_two_curators_do_not_overwrite_each_other(world):
    change(world, expected_version=0, values={"min_outcomes": 6})
    with pytest.raises(
        PreconditionFailed, match="Version 1 is in force by now, you started from 0"
    ):
        change(world, expected_version=0, values={"min_outcomes": 9})
    assert Policy.objects.get().values["min_outcomes"] == 6
    assert change(world, expected_version=1).version == 2
    assert change(world).version == 3  # who names no version overwrites


def test_a_preset_is_the_base_of_the_values(world):
    row = change(world, preset="seed", values={"review_first": True})
    assert PromotionPolicy.of(row.values) == PromotionPolicy.of(
        PRESETS["seed"].values() | {"review_first": True}
    )
    with pytest.raises(Invalid, match="preset must be one of: default, seed") as refused:
        change(world, preset="none")
    assert refused.value.attr == "preset"


def test_the_api_takes_preset_and_expected_version(world, client_of):
    client = client_of(world.alice)
    body = {"space": str(world.team.public_id), "reason": "To compare.", "preset": "seed"}
    made = client.post("/api/v1/policies", body | {"expected_version": 0}, format="json")
    assert made.status_code == 201
    assert made.json()["values"]["rule"] == "seed"
    late = client.post("/api/v1/policies", body | {"expected_version": 0}, format="json")
    assert (late.status_code, late.json()["errors"][0]["code"]) == (412, "precondition_failed")
    wrong = client.post("/api/v1/policies", body | {"preset": "sead"}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "preset")
    assert Policy.objects.count() == 1


def test_differences_are_in_the_order_of_the_policy():
    after = DEFAULT.values() | {"kill_switch": True, "hysteresis": 0.1, "of_tomorrow": 1}
    assert differences(DEFAULT.values(), after) == [
        Difference("hysteresis", 0.03, 0.1),
        Difference("kill_switch", before=False, after=True),
        Difference("of_tomorrow", None, 1),
    ]
    assert differences(after, after) == []
