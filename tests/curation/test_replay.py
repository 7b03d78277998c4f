"""Replay, sensitivity and calibration on stored rows: from the command line, changing nothing."""

import csv
import io
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.core.policy import DEFAULT
from apps.curation.core.reliability import Rate
from apps.curation.models import Candidate, Cluster, ClusterMember, Decision, Policy
from apps.curation.services import candidates, quality, replay
from apps.curation.services.replay import Scope
from apps.memories.models import Memory
from apps.memories.services import memories
from tests.desk.stage import Said, propose, run_of

SURE = {"total": 20, "successes": 20, "reporters": 4}


def command(*arguments):
    out = io.StringIO()
    call_command("promotion", *arguments, stdout=out)
    return out.getvalue()


def asked(world, text, **signals):
    return propose(world.team, [Said(world.bob, text), Said(world.alice, f"{text}!")], **signals)


def held(world, text):
    request = propose(world.team, [Said(world.alice, text)])
    row = request.decision
    ClusterMember.objects.create(
        cluster=request.cluster, memory=request.cluster.canonical, link="certain", statement=0
    )
    values = {"verdict": "hold", "reasons": ["held.one_person"], "inputs": row.inputs}
    copied = ("run", "cluster", "target", "score", "evidence_hash", "policy_version",
              "engine_version", "created_at")  # fmt: skip
    return Decision.objects.create(**values, **{name: getattr(row, name) for name in copied})


def rows_of(file):
    return list(csv.DictReader(file.read_text().splitlines()))


def counts():
    return [kind.objects.count() for kind in (Decision, Candidate, Cluster, Memory, Policy)] + [
        AuditEvent.objects.exclude(action__endswith=".read").count()
    ]


def test_the_stored_policy_flips_nothing_and_the_seed_rule_says_what_it_would(world):
    request = asked(world, "The gate sticks.", raw_outcome=SURE)
    before = counts()
    assert "Nothing flips." in command("replay", "--organisation", "Aldermoor")
    told = command("replay", "--run", str(request.decision.run.public_id), "--preset", "seed")
    assert "seed.outcome" in told
    assert str(request.cluster.public_id)[:8] in told
    assert counts() == before


def test_every_flip_is_written_as_csv(world, tmp_path):
    request = asked(world, "The gate sticks.", outcome=SURE, cluster_outcome=SURE)
    file = tmp_path / "flips.csv"
    policy = tmp_path / "policy.json"
    policy.write_text('{"outcome_threshold": 0.75}')
    arguments = ("--organisation", "Aldermoor", "--policy", str(policy))
    command("replay", *arguments, "--set", "min_outcomes=4", "--csv", str(file))
    rows = rows_of(file)
    assert [(row["cluster"], row["from"], row["to"]) for row in rows] == [
        (str(request.cluster.public_id), "review", "promote")
    ]
    assert rows[0]["reasons_now"].split() == ["outcome.decisive", "people.likely_same"]


def test_a_run_is_replayed_alone(world):
    first, second = asked(world, "One."), asked(world, "Two.")
    scope = Scope.whole(world.organisation)
    (only,) = replay.of_run(scope, first.decision.run)
    assert only.cluster == str(first.cluster.public_id)
    assert {one.cluster for one in replay.standing(scope)} == {
        str(first.cluster.public_id),
        str(second.cluster.public_id),
    }


def test_what_is_shared_by_now_is_replayed_as_it_was_decided(world):
    row = held(world, "Known.")
    copied = ("run", "cluster", "target", "score", "evidence_hash", "policy_version",
              "engine_version", "created_at", "inputs")  # fmt: skip
    values = {name: getattr(row, name) for name in copied}
    Decision.objects.create(verdict="corroborate", reasons=["published"], **values)
    (one,) = replay.standing(Scope.whole(world.organisation))
    assert one.verdict == "hold"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("replay", "--set", "outcome_threshold=1.5"), "between 0 and 1"),
        (("replay", "--set", "nonsense"), "NAME=VALUE"),
        (("replay", "--set", "link_threshold=0.2"), "a dry run may"),
        (("replay", "--run", "7"), "takes the id of a run"),
        (("replay", "--run", "0d9f7c1e-6a3b-4a55-9a46-0a5be1f2c3d4"), "There is no run"),
        (("replay", "--organisation", "Nowhere"), "no organisation 'Nowhere'"),
        (("replay",), "Name one with --organisation: Aldermoor, Elsewhere"),
        (("replay", "--policy", "/nonexistent/file"), "No such file"),
        (("calibrate", "--organisation", "Aldermoor", "--goal", "2"), "--goal"),
        (
            ("sensitivity", "--value", "window_days", "--from", "1", "--to", "2",
             "--organisation", "Aldermoor"), "no part in the decision",
        ),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told_in_a_sentence(world, arguments, message):
    if arguments[:2] == ("replay", "--set") or "--policy" in arguments:
        arguments += ("--organisation", "Aldermoor")
    with pytest.raises(CommandError, match=message):
        command(*arguments)


def test_a_dry_run_has_nothing_to_replay(world):
    dry = run_of(world.organisation, dry=True)
    with pytest.raises(CommandError, match="keeps no decisions"):
        command("replay", "--run", str(dry.public_id))


SWEEP = ("sensitivity", "--organisation", "Aldermoor", "--value", "self_eval_threshold")
RANGE = ("--from", "0.5", "--to", "0.9", "--steps", "3")


def test_a_sweep_as_table_csv_and_plot(world, tmp_path):
    alice = of_user(world.alice)
    good = asked(world, "Good.", likely=False, self_eval=0.8, cluster_outcome={})
    poor = asked(world, "Poor.", likely=False, self_eval=0.6, cluster_outcome={})
    candidates.approve(actor=alice, candidate=good)
    candidates.reject(actor=alice, candidate=poor, reason="wrong")
    before = counts()
    table, plot = tmp_path / "sweep.csv", tmp_path / "sweep.svg"
    told = command(*SWEEP, *RANGE, "--csv", str(table), "--plot", str(plot))
    assert "2 of them with a known answer" in told
    rows = rows_of(table)
    assert [row["self_eval_threshold"] for row in rows] == ["0.5", "0.7", "0.9"]
    assert [row["review"] for row in rows] == ["2", "1", "0"]
    assert [row["review_precision"] for row in rows] == ["0.5", "1.0", ""]
    assert [row["covered"] for row in rows] == ["1.0", "1.0", "0.0"]
    assert ET.fromstring(plot.read_text()).tag.endswith("svg")
    assert counts() == before


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_labels_from_a_file_go_before_what_reviewers_said(world, tmp_path, kind):
    request = asked(world, "Good.", likely=False, self_eval=0.8, cluster_outcome={})
    candidates.reject(actor=of_user(world.alice), candidate=request, reason="wrong")
    cluster = str(request.cluster.public_id)
    file = tmp_path / f"labels.{kind}"
    file.write_text(
        f"cluster,worthy\n{cluster},yes\n" if kind == "csv" else f'{{"{cluster}": true}}'
    )
    table = tmp_path / "sweep.csv"
    command(*SWEEP, *RANGE, "--labels", str(file), "--csv", str(table))
    assert rows_of(table)[0]["review_precision"] == "1.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,worthy\n", "columns cluster and worthy"),
        ("cluster,worthy\nx,yes\n", "line 2: 'x' is no cluster"),
        ("cluster,worthy\n0d9f7c1e-6a3b-4a55-9a46-0a5be1f2c3d4,perhaps\n", "line 2: worthy must"),
    ],
)
def test_wrong_labels_name_their_line(world, tmp_path, text, message):
    file = tmp_path / "labels.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=message):
        command(*SWEEP, *RANGE, "--labels", str(file))


def test_what_people_did_afterwards_is_counted(world, write):
    alice = of_user(world.alice)
    scope = Scope.whole(world.organisation)
    approved = candidates.approve(actor=alice, candidate=asked(world, "Good."))
    candidates.reject(actor=alice, candidate=asked(world, "Poor."), reason="wrong")
    assert approved.published is not None
    candidates.merge(
        actor=alice, candidate=asked(world, "Again."), into=approved.published.public_id
    )
    for text in ("Kept.", "Taken back."):
        unasked(asked(world, text), write(world.alice, text, space=world.team))
    memories.retract(actor=alice, memory=Memory.objects.get(text="Taken back.", space=world.team))
    held(world, "Held for good.")
    held(world, "Held too long.")
    write(world.bob, "Held too long.", space=world.team)
    write(world.alice, "Held for good.", space=world.personal(world.alice))
    found = quality.measure(scope=scope, policy=DEFAULT)
    assert found.rates.false_promotion == Rate(1, 2)
    assert found.rates.false_hold == Rate(1, 2)
    assert found.rates.false_split == Rate(1, 3)
    assert found.rates.false_merge == Rate(0, 3)
    assert (found.labels, found.worthy) == (4, 2)
    labels = replay.labels(scope)
    assert sorted(labels.values()) == [False, False, True, True]


def unasked(request, published):
    """Published by the policy, without a reviewer."""
    request.status, request.published = "approved", published
    request.decided_at = request.created_at
    request.save()


def test_what_was_shared_before_it_was_held_is_no_false_hold(world, write):
    write(world.bob, "Known to the team.", space=world.team)
    held(world, "Known to the team.")
    found = quality.measure(scope=Scope.whole(world.organisation), policy=DEFAULT)
    assert found.rates.false_hold == Rate(0, 1)


def test_calibration_proposes_and_applies_nothing(world, tmp_path):
    alice = of_user(world.alice)
    for number in range(24):
        request = asked(world, f"Fact {number}.", self_eval=0.5 + number / 100)
        if number < 2:
            candidates.reject(actor=alice, candidate=request, reason="wrong")
        else:
            candidates.approve(actor=alice, candidate=request)
    before = counts()
    curve, table = tmp_path / "curve.svg", tmp_path / "curve.csv"
    told = command(
        "calibrate", "--organisation", "Aldermoor", "--goal", "1",
        "--plot", str(curve), "--csv", str(table),
    )  # fmt: skip
    assert "24 judged by people, 22 of them worth sharing" in told
    assert "Proposed, not applied" in told
    found = quality.measure(
        scope=Scope.whole(world.organisation), policy=DEFAULT, goals={"self_eval_threshold": 1.0}
    )
    (proposal,) = [one for one in found.proposals if one.name == "self_eval_threshold"]
    assert (proposal.current, proposal.proposed, proposal.labels) == (0.8, 0.51, 24)
    rows = rows_of(table)
    assert [row["count"] for row in rows[5:8]] == ["10", "10", "4"]
    assert rows[5]["share_worthy"] == "0.8"
    assert ET.fromstring(curve.read_text()).tag.endswith("svg")
    assert counts() == before
    assert not Policy.objects.exists()


@pytest.mark.parametrize("what", ["replay", "sensitivity", "calibrate"])
def test_help_helps(what, capsys):
    with pytest.raises(SystemExit):
        call_command("promotion", what, "--help")
    assert "--organisation" in capsys.readouterr().out
