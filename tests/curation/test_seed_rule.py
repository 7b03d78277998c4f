"""The preset `seed` is the published formula, evaluated here a second time from its text."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.decide import Before, decide
from apps.curation.core.policy import PRESETS, PromotionPolicy, preset
from apps.curation.core.signals import OutcomeTally, Signals

SEED = PRESETS["seed"]


def published(freq, mean, std, successes, total, self_eval):
    """`sigmoid((freq-mean)/std) > 0.85 or outcome > 0.70 or self_eval > 0.80`; absent is False."""
    frequency = mean is not None and std and 1 / (1 + math.exp(-(freq - mean) / std)) > 0.85
    outcome = total and successes / total > 0.70
    return bool(frequency or outcome or (self_eval is not None and self_eval > 0.80))


def measured(freq, mean, std, successes, total, self_eval, **more):
    return Signals(
        certain_people=1,
        likely_people=1,
        likely=False,
        people=freq,
        population_mean=mean,
        population_std=std,
        raw_outcome=OutcomeTally(total, successes, min(total, 1)),
        self_eval_raw=self_eval,
        **more,
    )


@pytest.mark.parametrize(
    ("case", "promotes"),
    [
        ((1, None, None, 0, 0, None), False),  # nothing measured
        ((9, 1.0, 0.0, 0, 0, None), False),  # no spread
        ((3, 1.0, 1.0, 0, 0, None), True),  # sigmoid(2) = .8808
        ((3, 1.0, 1.16, 0, 0, None), False),  # sigmoid(1.7241) = .8487
        ((3, 1.0, 1.15, 0, 0, None), True),  # sigmoid(1.7391) = .8506
        ((1, 3.0, 1.0, 0, 0, None), False),  # fewer than usual
        ((1, 1.0, 1.0, 1, 1, None), True),  # one lucky success
        ((1, 1.0, 1.0, 7, 10, None), False),  # .70 is not above .70
        ((1, 1.0, 1.0, 71, 100, None), True),
        ((1, 1.0, 1.0, 0, 4, None), False),  # failed is not absent, and neither promotes
        ((1, 1.0, 1.0, 0, 0, 0.80), False),  # .80 is not above .80
        ((1, 1.0, 1.0, 0, 0, 0.8000001), True),
        ((1, 1.0, 1.0, 0, 0, 0.0), False),
        ((1, 1.0, 1.0, 0, 9, 0.99), True),  # any one is enough
    ],
)
def test_the_seed_preset_is_the_published_rule(case, promotes):
    assert published(*case) is promotes
    assert decide(measured(*case), SEED).verdict == ("promote" if promotes else "hold")


@given(
    st.integers(0, 30),
    st.none() | st.floats(0, 10),
    st.none() | st.just(0.0) | st.floats(0.01, 5),
    st.integers(0, 20).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
    st.none() | st.floats(0, 1),
    st.booleans(),
    st.none() | st.sampled_from(["promote", "review", "hold"]),
)
def test_it_is_the_published_rule_everywhere_and_knows_no_gates(
    freq, mean, std, counts, self_eval, odd, before
):
    case = (freq, mean, std, *counts, self_eval)
    failing = OutcomeTally(9, 0, 4) if odd else OutcomeTally()
    signals = measured(*case, contradicts=odd, directive=odd, cluster_outcome=failing)
    memory = Before(before, ()) if before else None
    expected = "promote" if published(*case) else "hold"
    assert decide(signals, SEED, memory).verdict == expected


def test_in_force_it_is_stopped_asked_about_and_publishes_nothing_twice():
    lucky = measured(1, 1.0, 1.0, 1, 1, None)
    assert decide(lucky, preset("seed", {"kill_switch": True})).verdict == "hold"
    assert decide(lucky, preset("seed", {"review_first": True})).verdict == "review"
    assert decide(replace(lucky, published=True), SEED).verdict == "corroborate"
    assert decide(replace(lucky, reachable=False), SEED).reasons == ("held.no_space_above",)


def test_presets_are_policies_and_unknown_ones_are_named():
    assert preset("default") == PromotionPolicy()
    assert PromotionPolicy.of(SEED.values()) == SEED
    with pytest.raises(ValueError, match="preset must be one of: default, seed"):
        preset("sead")
    with pytest.raises(ValueError, match="rule must be one of: guarded, seed"):
        PromotionPolicy(rule="loose")
