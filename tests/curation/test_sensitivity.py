"""Sweeps, reliability and proposals, counted by hand."""

import re
from dataclasses import fields, replace
from inspect import getsource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core import decide, seed
from apps.curation.core.policy import DEFAULT, PRESETS, PromotionPolicy
from apps.curation.core.reliability import Rate, calibration_error, curve, propose
from apps.curation.core.replay import DECIDING, Recorded, replay, variation
from apps.curation.core.sensitivity import steps_between, sweep
from apps.curation.core.signals import OutcomeTally
from tests.curation.test_decide import ALONE, JUDGED, signals, tallies


def stored(name, measured, *, verdict="hold", policy=DEFAULT):
    return Recorded(name, verdict, (), measured, policy)


FOUR = [stored(name, replace(JUDGED, likely=False, frequency=at))
        for name, at in (("a", 0.60), ("b", 0.70), ("c", 0.80), ("d", 0.90))]  # fmt: skip


def points(decisions, values, labels=None, policy_for=None):
    return list(
        sweep(
            decisions,
            name="frequency_threshold",
            values=values,
            labels=labels or {},
            policy_for=policy_for or variation(None, {}),
        )
    )


def test_a_sweep_counts_verdicts_precision_and_recall():
    labels = {"a": False, "b": True, "c": False, "d": True}
    low, middle, high = points(FOUR, (0.65, 0.75, 0.95), labels)
    assert [point.verdicts.get("promote", 0) for point in (low, middle, high)] == [3, 2, 0]
    assert [point.verdicts.get("hold", 0) for point in (low, middle, high)] == [1, 2, 4]
    assert (low.precision, low.recall) == (2 / 3, 1.0)
    assert (middle.precision, middle.recall) == (0.5, 0.5)
    assert (high.precision, high.recall, high.covered) == (None, 0.0, 0.0)


def test_what_is_not_known_is_absent():
    (point,) = points(FOUR, (0.65,))
    assert (point.precision, point.recall, point.covered, point.review_precision) == (None,) * 4


def test_a_sweep_covers_what_would_be_reviewed():
    asked = stored("e", replace(ALONE, self_eval=0.9))
    (point,) = points([asked], (0.5,), {"e": True})
    assert (point.recall, point.covered, point.review_precision) == (0.0, 1.0, 1.0)


@given(st.lists(signals(), max_size=30), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_a_higher_threshold_never_publishes_more_and_loses_no_decision(cases, values):
    decisions = [stored(str(number), case) for number, case in enumerate(cases)]
    swept = points(decisions, sorted(values))
    published = [point.verdicts.get("promote", 0) for point in swept]
    assert published == sorted(published, reverse=True)
    assert {sum(point.verdicts.values()) for point in swept} == {len(cases)}


@given(
    st.lists(st.tuples(signals(), st.integers(0, 9), tallies()), min_size=1, max_size=10),
    st.sampled_from([None, *PRESETS.values()]),
)
def test_a_sweep_agrees_with_a_replay_of_each_step(cases, base):
    raw = {"population_mean": 2.0, "population_std": 1.0}
    decisions = [
        stored(str(number), replace(case, people=people, raw_outcome=tally, **raw))
        for number, (case, people, tally) in enumerate(cases)
    ]
    (point,) = points(decisions, (0.4,), policy_for=variation(base, {}))
    assert point.verdicts == replay(decisions, variation(base, {"frequency_threshold": 0.4})).after


def test_steps_include_both_ends_and_counts_stay_whole():
    assert steps_between("frequency_threshold", 0.5, 0.9, 5) == (0.5, 0.6, 0.7, 0.8, 0.9)
    assert steps_between("min_outcomes", 1, 4, 11) == (1, 2, 3, 4)
    assert steps_between("min_outcomes", 4, 1, 4) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("name", "start", "stop", "steps", "message"),
    [
        ("window_days", 1, 9, 3, "no part in the decision"),
        ("kill_switch", 0, 1, 2, "not a number"),
        ("frequncy", 0, 1, 2, "not a number"),
        ("frequency_threshold", 0, 1.5, 3, "between 0 and 1"),
        ("frequency_threshold", 0, 1, 1, "at least 2"),
        ("min_outcomes", 1, float("inf"), 3, "finite"),
    ],
)
def test_impossible_sweeps_are_refused(name, start, stop, steps, message):
    with pytest.raises(ValueError, match=message):
        steps_between(name, start, stop, steps)


def test_a_replay_tells_what_flips():
    promoted = stored("p", JUDGED, verdict="promote")
    strict = replay([promoted, *FOUR[:1]], variation(None, {"frequency_threshold": 0.96}))
    assert strict.moved == {("promote", "review"): 1}
    assert [(flip.recorded.cluster, flip.now.reasons) for flip in strict.flips] == [
        ("p", ("people.likely_same",))
    ]
    assert (strict.before, strict.after) == ({"promote": 1, "hold": 1}, {"review": 1, "hold": 1})
    assert replay([promoted], variation(None, {})).flips == ()


def test_a_variation_keeps_each_decision_its_own_policy():
    own = PromotionPolicy(min_outcomes=9)
    change = variation(None, {"review_first": True})
    assert change(stored("a", ALONE, policy=own)) == replace(own, review_first=True)
    assert variation(PRESETS["seed"], {})(stored("a", ALONE, policy=own)) == PRESETS["seed"]
    with pytest.raises(ValueError, match="link_threshold has no part"):
        variation(None, {"link_threshold": 0.2})


def test_the_reliability_curve_bins_scores():
    bins = curve([(0.05, False), (0.85, True), (0.95, True), (0.95, False), (1.0, True)])
    assert [one.count for one in bins] == [1, 0, 0, 0, 0, 0, 0, 0, 1, 3]
    assert (bins[0].mean_score, bins[0].share_worthy) == (0.05, 0.0)
    assert (bins[1].mean_score, bins[1].share_worthy) == (None, None)
    assert bins[9].share_worthy == 2 / 3
    gaps = 0.05 + 0.15 + 3 * abs((0.95 + 0.95 + 1.0) / 3 - 2 / 3)
    assert calibration_error(bins) == pytest.approx(gaps / 5)
    assert calibration_error(curve([])) is None


def test_a_proposal_is_the_lowest_threshold_that_keeps_the_goal():
    scored = [(0.55 + number / 1000, number % 2 == 0) for number in range(40)]
    scored += [(0.75 + number / 1000, True) for number in range(40)]
    found = propose("self_eval_threshold", scored, current=0.8, goal=1.0)
    assert (found.proposed, found.precision, found.labels) == (0.59, 1.0, 80)
    assert found.recall == 40 / 60
    assert propose("x", scored, current=0.8, goal=0.6).proposed == 0.0


def test_without_enough_answers_nothing_is_proposed():
    few = [(0.9, True)] * 19
    assert propose("x", few, current=0.8, goal=0.9).proposed is None
    mixed = [(0.9, True), (0.9, False)] * 30
    assert propose("x", mixed, current=0.8, goal=0.9).proposed is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80), st.floats(0.1, 1))
def test_what_is_proposed_holds_on_the_answers_it_came_from(scored, goal):
    found = propose("x", scored, current=0.8, goal=goal, least=5)
    if found.proposed is not None:
        above = [worthy for score, worthy in scored if score > found.proposed]
        assert len(above) >= 5
        assert sum(above) / len(above) >= goal


def test_a_rate_without_cases_is_absent():
    assert Rate(0, 0).share is None
    assert Rate(1, 4).share == 0.25


def test_the_proof_of_too_few_outcomes_is_absent():
    assert OutcomeTally(4, 4, 4).proof(5, 3) is None
    assert OutcomeTally(9, 9, 2).proof(5, 3) is None
    assert OutcomeTally(9, 9, 3).proof(5, 3) == OutcomeTally(9, 9, 3).lower_bound


def test_what_a_replay_can_show_is_what_decisions_read():
    read = set(re.findall(r"policy\.([a-z_]+)", getsource(decide) + getsource(seed)))
    assert read == DECIDING
    assert {field.name for field in fields(PromotionPolicy)} > DECIDING
