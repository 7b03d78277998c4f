"""Replay, sensitivity and quality by the API: what reviewers see, and what they are refused."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actors import of_user
from apps.curation.api import replay as api
from apps.curation.models import Decision, Policy
from apps.curation.services import candidates
from tests.curation.test_replay import SURE, asked, counts, held
from tests.desk.stage import Said, propose, run_of

SWEEP = "/api/v1/promotion/sensitivity"


def test_a_run_is_decided_again_under_another_policy(world, client_of):
    request = asked(world, "The gate sticks.", outcome=SURE, cluster_outcome=SURE)
    held(world, "Nobody asked.")
    url = f"/api/v1/runs/{request.decision.run.public_id}/replay"
    before = counts()
    client = client_of(world.alice)
    same = client.post(url, {}, format="json").json()
    assert same["moved"] == [{"verdict": "review", "verdict_now": "promote", "count": 1}]
    strict = client.post(url, {"values": {"kill_switch": True}}, format="json").json()
    assert strict["after"] == {"promote": 0, "review": 0, "hold": 1, "corroborate": 0}
    assert strict["flips"] == [
        {
            "cluster": str(request.cluster.public_id),
            "verdict": "review",
            "verdict_now": "hold",
            "reasons": ["people.likely_same"],
            "reasons_now": ["gate.kill_switch"],
        }
    ]
    assert (strict["decisions"], strict["truncated"]) == (1, False)
    assert counts() == before


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"values": {"outcome_threshold": 2}}, "values"),
        ({"values": {"window_days": 9}}, "values"),
        ({"values": []}, "values"),
        ({"preset": "sead"}, "preset"),
    ],
)
def test_a_wrong_policy_is_named(world, client_of, body, attr):
    url = f"/api/v1/runs/{run_of(world.organisation).public_id}/replay"
    answer = client_of(world.alice).post(url, body, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)


def test_a_sweep_counts_and_knows_what_reviewers_said(world, client_of):
    good = asked(world, "Good.", likely=False, self_eval=0.8, cluster_outcome={})
    poor = asked(world, "Poor.", likely=False, self_eval=0.6, cluster_outcome={})
    alice = of_user(world.alice)
    candidates.approve(actor=alice, candidate=good)
    candidates.reject(actor=alice, candidate=poor, reason="wrong")
    query = {"value": "self_eval_threshold", "from": 0.5, "to": 0.9, "steps": 3}
    told = client_of(world.alice).get(SWEEP, query).json()
    assert (told["decisions"], told["labelled"]) == (2, 2)
    assert [point["value"] for point in told["points"]] == [0.5, 0.7, 0.9]
    assert [point["verdicts"]["review"] for point in told["points"]] == [2, 1, 0]
    assert [point["review_precision"] for point in told["points"]] == [0.5, 1.0, None]
    alone = client_of(world.alice).get(SWEEP, query | {"run": str(good.decision.run.public_id)})
    assert alone.json()["decisions"] == 1


def test_answers_count_only_in_spaces_that_the_asker_reviews(world, client_of):
    hidden = propose(world.other_team, [Said(world.dora, "Elsewhere.")])
    hidden.status, hidden.reviewer = "rejected", world.dora
    hidden.decided_at = hidden.created_at
    hidden.save()
    told = client_of(world.alice).get(SWEEP).json()
    assert (told["decisions"], told["labelled"]) == (1, 0)
    assert client_of(world.alice).get("/api/v1/promotion/quality").json()["labels"] == 0


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ({"value": "kill_switch"}, "value"),
        ({"value": "window_days", "from": 1, "to": 9}, "value"),
        ({"from": "nan"}, "from"),
        ({"to": 1.5}, "value"),
        ({"to": "high"}, "to"),
        ({"from": "low"}, "from"),
        ({"steps": 52}, "steps"),
        ({"steps": 1}, "steps"),
        ({"preset": "x"}, "preset"),
        ({"run": "0d9f7c1e-6a3b-4a55-9a46-0a5be1f2c3d4"}, "run"),
    ],
)
def test_a_wrong_sweep_is_named(world, client_of, query, attr):
    answer = client_of(world.alice).get(SWEEP, query)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)


def test_quality_is_told_and_changes_nothing(world, client_of):
    request = asked(world, "Good.", self_eval=0.85)
    candidates.approve(actor=of_user(world.alice), candidate=request)
    before = counts()
    told = client_of(world.alice).get("/api/v1/promotion/quality").json()
    assert told["rates"]["false_split"] == {"count": 0, "of": 1, "share": 0.0}
    assert told["rates"]["false_promotion"] == {"count": 0, "of": 0, "share": None}
    assert told["rates"]["false_merge"] == {"count": 0, "of": 1, "share": 0.0}
    assert told["self_evaluation"][8]["share_worthy"] == 1.0
    assert {one["name"]: one["proposed"] for one in told["proposals"]} == {
        "frequency_threshold": None, "outcome_threshold": None, "self_eval_threshold": None,
    }  # fmt: skip
    assert counts() == before
    assert not Policy.objects.exists()


def test_long_answers_are_cut_and_say_so(world, client_of, monkeypatch):
    monkeypatch.setattr(api, "AT_ONCE", 2)
    monkeypatch.setattr(api, "FLIPS_TOLD", 1)
    run = run_of(world.organisation)
    for number in range(3):
        propose(world.team, [Said(world.bob, f"Fact {number}.")], run=run)
    url = f"/api/v1/runs/{run.public_id}/replay"
    body = {"values": {"kill_switch": True}}
    told = client_of(world.alice).post(url, body, format="json").json()
    assert (told["decisions"], told["truncated"], len(told["flips"])) == (2, True, 1)
    assert told["moved"][0]["count"] == 2
    assert Decision.objects.count() == 3


@pytest.mark.parametrize("path", [SWEEP, "/api/v1/promotion/quality"])
def test_more_decisions_take_no_more_statements(world, client_of, path):
    client = client_of(world.alice)
    taken = []
    for number in range(3):
        asked(world, f"Fact {number}.")
        client.get(path)
        with CaptureQueriesContext(connection) as statements:
            client.get(path)
        taken.append(len(statements))
    assert taken[0] == taken[1] == taken[2] < 20
