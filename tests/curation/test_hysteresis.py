"""Memory of the verdict before: noise around a threshold changes nothing, and gates do not wait."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.decide import Before, Decision, decide
from apps.curation.core.policy import DEFAULT, PRESETS, PromotionPolicy
from apps.curation.core.replay import (
    Recorded,
    decide_again,
    read_before,
    read_signals,
    replay,
)
from apps.curation.core.signals import OutcomeTally, Signals
from tests.curation.test_decide import ALONE, JUDGED, RANK, signals

CODES = (
    "frequency.decisive", "outcome.decisive", "outcome.promising", "self_eval.decisive",
    "people.likely_same", "gate.too_few_people", "hysteresis.kept",
)  # fmt: skip


def memories():
    return st.none() | st.builds(
        Before,
        st.sampled_from(["promote", "review", "hold"]),
        st.lists(st.sampled_from(CODES), unique=True).map(tuple),
    )


def kept(decision: Decision) -> Before:
    return Before(decision.verdict, decision.reasons)


def run(history: list[Signals], policy: PromotionPolicy = DEFAULT) -> list[Decision]:
    """Decide night after night, each remembering the one before."""
    decisions: list[Decision] = []
    for case in history:
        decisions.append(decide(case, policy, kept(decisions[-1]) if decisions else None))
    return decisions


def rated(*scores: float) -> list[Signals]:
    return [replace(ALONE, self_eval=score) for score in scores]


@pytest.mark.parametrize(
    ("scores", "verdicts"),
    [
        ((0.78, 0.82, 0.76), ("hold", "hold", "hold")),
        ((0.82, 0.78, 0.81), ("review", "review", "review")),
        ((0.82, 0.76, 0.82), ("review", "hold", "hold")),  # below .77 it is a move; so is .84 back
        ((0.78, 0.84, 0.78), ("hold", "review", "review")),
        ((0.81, 0.80, 0.80), ("review", "review", "review")),
    ],
)
def test_a_score_near_its_threshold_does_not_flap(scores, verdicts):
    assert tuple(decision.verdict for decision in run(rated(*scores))) == verdicts
    plain = [decide(case, DEFAULT).verdict for case in rated(*scores)]
    assert plain == ["review" if score > 0.80 else "hold" for score in scores]


def test_a_kept_verdict_says_so():
    first, second = run(rated(0.82, 0.78))
    assert first.reasons == ("self_eval.decisive",)
    assert second.reasons == ("self_eval.decisive", "hysteresis.kept")
    assert run(rated(0.78, 0.82))[1].reasons[-1] == "hysteresis.kept"


def test_no_margin_is_no_memory():
    bare = PromotionPolicy(hysteresis=0.0)
    assert [d.verdict for d in run(rated(0.78, 0.82, 0.76), bare)] == ["hold", "review", "hold"]


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.5, 0.99])
def test_every_threshold_can_be_passed_both_ways(threshold):
    policy = PromotionPolicy(self_eval_threshold=threshold, hysteresis=0.5)
    up = decide(replace(ALONE, self_eval=1.0), policy, Before("hold", ()))
    assert up.verdict == "review"
    down = decide(replace(ALONE, self_eval=0.0), policy, Before("review", ("self_eval.decisive",)))
    assert down.verdict == "hold"


@pytest.mark.parametrize(
    ("gated", "policy", "verdict"),
    [
        (replace(JUDGED, contradicts=True), DEFAULT, "review"),
        (replace(JUDGED, cluster_outcome=OutcomeTally(9, 1, 4)), DEFAULT, "review"),
        (replace(JUDGED, directive=True), DEFAULT, "review"),
        (JUDGED, PromotionPolicy(review_first=True), "review"),
        (JUDGED, PromotionPolicy(kill_switch=True), "hold"),
        (replace(JUDGED, reachable=False), DEFAULT, "hold"),
    ],
)
def test_a_gate_is_never_delayed(gated, policy, verdict):
    published = kept(decide(JUDGED, DEFAULT))
    assert published.verdict == "promote"
    assert decide(gated, policy, published).verdict == verdict


def test_a_gate_that_opens_frees_what_is_near_its_threshold():
    gated = replace(JUDGED, frequency=0.86, contradicts=True)
    nights = run([gated, replace(gated, contradicts=False)])
    assert [decision.verdict for decision in nights] == ["review", "promote"]


@given(signals(), memories())
def test_memory_keeps_the_verdict_between_the_bare_one_and_the_one_before(case, before):
    bare, found = decide(case, DEFAULT), decide(case, DEFAULT, before)
    ranks = [RANK[bare.verdict], RANK[before.verdict] if before else RANK[bare.verdict]]
    assert min(ranks) <= RANK[found.verdict] <= max(ranks)


@given(st.lists(signals(), min_size=1, max_size=6))
def test_it_never_raises_a_verdict_that_the_signals_never_reached(history):
    reached = 0
    for case, decision in zip(history, run(history), strict=True):
        reached = max(reached, RANK[decide(case, DEFAULT).verdict])
        assert RANK[decision.verdict] <= reached


@given(
    signals(),
    st.lists(st.tuples(*[st.floats(-0.0299, 0.0299)] * 2), min_size=2, max_size=6),
)
def test_a_wobble_within_the_margin_never_flips(case, moves):
    history = [
        replace(
            case,
            frequency=DEFAULT.frequency_threshold + first,
            self_eval=DEFAULT.self_eval_threshold + second,
        )
        for first, second in moves
    ]
    assert len({decision.verdict for decision in run(history)}) == 1


@given(signals(), memories())
def test_the_same_signals_again_change_nothing(case, before):
    first = decide(case, DEFAULT, before)
    again = decide(case, DEFAULT, kept(first))
    assert again.verdict == first.verdict


@given(signals(), memories(), st.integers(1, 5), st.integers(1, 20))
def test_more_people_and_more_successes_never_lower(case, before, people, successes):
    def better(tally: OutcomeTally) -> OutcomeTally:
        return replace(tally, total=tally.total + successes, successes=tally.successes + successes)

    crowd = replace(
        case, certain_people=case.certain_people + people, likely_people=case.likely_people + people
    )
    proven = replace(
        case, outcome=better(case.outcome), cluster_outcome=better(case.cluster_outcome)
    )
    least = RANK[decide(case, DEFAULT, before).verdict]
    assert RANK[decide(crowd, DEFAULT, before).verdict] >= least
    assert RANK[decide(proven, DEFAULT, before).verdict] >= least


@given(signals(), memories())
def test_a_gate_never_raises_whatever_was_before(case, before):
    free = RANK[decide(replace(case, contradicts=False), DEFAULT, before).verdict]
    assert RANK[decide(replace(case, contradicts=True), DEFAULT, before).verdict] <= free
    asked = PromotionPolicy(review_first=True)
    assert RANK[decide(case, asked, before).verdict] <= RANK[decide(case, DEFAULT, before).verdict]


@given(signals(), memories())
def test_absent_signals_never_promote_whatever_was_before(case, before):
    nothing = replace(
        case,
        frequency=None,
        self_eval=None,
        outcome=OutcomeTally(),
        cluster_outcome=OutcomeTally(),
    )
    assert decide(nothing, DEFAULT, before).verdict != "promote"


@given(signals(), memories(), st.sampled_from([*PRESETS.values()]), st.booleans())
def test_replaying_a_stored_decision_gives_the_stored_verdict(case, before, policy, reachable):
    case = replace(case, reachable=reachable)
    made = decide(case, policy, before)
    stored: dict[str, Any] = json.loads(
        json.dumps(
            {
                "signals": asdict(case),
                "policy": policy.values(),
                "before": asdict(before) if before else None,
            }
        )
    )
    recorded = Recorded(
        "c",
        made.verdict,
        made.reasons,
        read_signals(stored, reachable=reachable),
        PromotionPolicy.stored(stored["policy"]),
        read_before(stored["before"]),
    )
    assert decide_again(recorded, policy) == made
    assert replay([recorded], lambda one: one.policy).flips == ()


def test_decisions_of_the_first_engine_stay_readable():
    stored: dict[str, Any] = {
        "signals": {
            "certain_people": 1, "likely_people": 3, "likely": True, "frequency": None,
            "outcome": {"total": 0, "successes": 0, "reporters": 0},
            "cluster_outcome": {"total": 6, "successes": 5, "reporters": 3},
            "self_eval": None, "published": False, "contradicts": False, "gone_since": 1,
        },
        "policy": {"frequency_threshold": 0.85, "min_outcomes": 5, "gone_since": 1},
        "people": 4,
    }  # fmt: skip
    found = read_signals(stored, reachable=True)
    policy = PromotionPolicy.stored(stored["policy"])
    recorded = Recorded("c", "review", ("people.likely_same",), found, policy)
    assert found.people == 4
    assert found.cluster_outcome == OutcomeTally(6, 5, 3)
    assert decide_again(recorded, policy).verdict == "review"
    assert decide_again(recorded, PRESETS["seed"]).verdict == "hold"  # raw inputs are absent
    assert decide(read_signals(stored, reachable=False), policy).reasons == ("held.no_space_above",)
