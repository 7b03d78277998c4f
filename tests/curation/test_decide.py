"""The decision: any decisive signal lifts, gates only lower, absent never promotes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.decide import decide
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals, frequency, moments, wilson_lower_bound

RANK = {"hold": 0, "review": 1, "promote": 2}

ALONE = Signals(certain_people=1, likely_people=1, likely=False)
LIKELY = Signals(certain_people=1, likely_people=3, likely=True)
PROVEN = replace(ALONE, outcome=OutcomeTally(20, 19, 4), cluster_outcome=OutcomeTally(20, 19, 4))
JUDGED = Signals(certain_people=4, likely_people=4, likely=True, frequency=0.95)


def tallies() -> st.SearchStrategy[OutcomeTally]:
    return st.integers(0, 40).flatmap(
        lambda total: st.builds(
            OutcomeTally, st.just(total), st.integers(0, total), st.integers(min(1, total), 6)
        )
    )


def signals() -> st.SearchStrategy[Signals]:
    share = st.floats(0, 1) | st.none()
    return st.builds(
        Signals,
        certain_people=st.integers(1, 6),
        likely_people=st.integers(1, 8),
        likely=st.booleans(),
        frequency=share,
        outcome=tallies(),
        cluster_outcome=tallies(),
        self_eval=share,
        self_eval_raw=share,
        contradicts=st.booleans(),
        disputed=st.booleans(),
        span_days=st.floats(0, 60) | st.none(),
        raw_outcome=tallies(),
    )


@pytest.mark.parametrize(
    ("case", "verdict", "reasons"),
    [
        (ALONE, "hold", {"held.one_person", "held.no_outcomes"}),
        (LIKELY, "review", {"people.likely_same"}),
        (replace(LIKELY, likely=False), "hold", {"held.not_alike_enough", "held.no_outcomes"}),
        (PROVEN, "promote", {"outcome.decisive"}),
        (replace(PROVEN, outcome=OutcomeTally(20, 19, 2)), "review", {"outcome.promising"}),
        (JUDGED, "promote", {"frequency.decisive", "people.likely_same"}),
        (replace(ALONE, self_eval=0.99), "review", {"self_eval.decisive"}),
        (replace(ALONE, self_eval=0.99, self_eval_raw=0.5), "review", {"self_eval.decisive"}),
        (replace(ALONE, self_eval=0.99, self_eval_raw=0.49), "hold", set()),
        (replace(JUDGED, contradicts=True), "review", {"gate.contradicts_published"}),
        (
            replace(JUDGED, cluster_outcome=OutcomeTally(6, 1, 3)),
            "review",
            {"gate.outcomes_failing"},
        ),
        (replace(JUDGED, span_days=30.0), "promote", {"frequency.decisive"}),
        (replace(JUDGED, span_days=2.0), "review", {"frequency.burst"}),
        (replace(PROVEN, span_days=2.0), "promote", {"outcome.decisive"}),
        (replace(JUDGED, disputed=True), "review", {"gate.disputed"}),
        (replace(JUDGED, recalled=True), "review", {"gate.source_withdrawn"}),
        (replace(JUDGED, raw_outcome=OutcomeTally(6, 1, 2)), "review", {"gate.outcomes_failing"}),
        (replace(JUDGED, published=True), "corroborate", {"published"}),
    ],
)
def test_decisions(case, verdict, reasons):
    decision = decide(case, DEFAULT)
    assert decision.verdict == verdict
    assert reasons <= set(decision.reasons)


def test_one_lucky_success_is_not_evidence():
    lucky = OutcomeTally(1, 1, 1)
    assert decide(replace(ALONE, outcome=lucky, cluster_outcome=lucky), DEFAULT).verdict == "hold"


def test_average_results_prove_nothing():
    average = OutcomeTally(60, 40, 9)
    decision = decide(replace(ALONE, outcome=average, cluster_outcome=average), DEFAULT)
    assert decision.verdict != "promote"


def test_review_first_and_the_kill_switch_lower():
    assert decide(JUDGED, PromotionPolicy(review_first=True)).verdict == "review"
    assert decide(JUDGED, PromotionPolicy(kill_switch=True)).verdict == "hold"
    assert decide(JUDGED, PromotionPolicy(kill_switch=True)).reasons == ("gate.kill_switch",)


@given(signals())
def test_gates_never_raise(case):
    free = decide(replace(case, contradicts=False), DEFAULT)
    gated = decide(replace(case, contradicts=True), DEFAULT)
    assert RANK[gated.verdict] <= RANK[free.verdict]
    assert (
        RANK[decide(case, PromotionPolicy(review_first=True)).verdict]
        <= RANK[decide(case, DEFAULT).verdict]
    )


@given(signals())
def test_absent_signals_never_promote(case):
    nothing = replace(
        case,
        frequency=None,
        self_eval=None,
        outcome=OutcomeTally(),
        cluster_outcome=OutcomeTally(),
    )
    assert decide(nothing, DEFAULT).verdict != "promote"


@given(signals(), st.integers(1, 5))
def test_more_people_never_lower(case, more):
    grown = replace(
        case, certain_people=case.certain_people + more, likely_people=case.likely_people + more
    )
    assert RANK[decide(grown, DEFAULT).verdict] >= RANK[decide(case, DEFAULT).verdict]


@given(signals(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rating_never_lowers_and_never_publishes(case, rank, raw):
    rated = replace(case, self_eval=rank, self_eval_raw=raw)
    better = replace(rated, self_eval=max(rank, 0.99), self_eval_raw=max(raw, 0.99))
    unrated = replace(case, self_eval=None, self_eval_raw=None)
    told, best, without = (decide(one, DEFAULT).verdict for one in (rated, better, unrated))
    assert RANK[without] <= RANK[told] <= RANK[best]
    assert (best == "promote") == (without == "promote")


@given(signals(), st.integers(1, 20))
def test_more_successes_never_lower(case, more):
    def better(tally: OutcomeTally) -> OutcomeTally:
        return replace(tally, total=tally.total + more, successes=tally.successes + more)

    grown = replace(
        case, outcome=better(case.outcome), cluster_outcome=better(case.cluster_outcome)
    )
    assert RANK[decide(grown, DEFAULT).verdict] >= RANK[decide(case, DEFAULT).verdict]


@given(signals())
def test_what_is_only_likely_the_same_is_never_published(case):
    only_likely = replace(case, certain_people=1, outcome=OutcomeTally())
    assert decide(only_likely, DEFAULT).verdict != "promote"


@pytest.mark.parametrize(
    ("successes", "total", "bound"),
    [(10, 10, 0.7225), (1, 1, 0.2065), (0, 5, 0.0), (19, 20, 0.7639)],
)
def test_the_wilson_bound_has_its_published_values(successes, total, bound):
    assert wilson_lower_bound(successes, total) == pytest.approx(bound, abs=5e-4)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="not a count"):
        wilson_lower_bound(3, 2)


def test_frequency_is_absent_without_a_population_or_a_spread():
    assert frequency(3, *moments([])) is None
    assert frequency(1, *moments([1, 1, 1])) is None
    assert (frequency(5, *moments([1] * 50 + [5])) or 0.0) > 0.85


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frequncy": 1}, "not a policy value"),
        ({"outcome_threshold": "high"}, "must be a number"),
        ({"outcome_threshold": 1.5}, "between 0 and 1"),
        ({"min_outcomes": 0}, "between 1 and"),
        ({"review_first": 1}, "true or false"),
        ({"min_outcomes": True}, "whole number"),
    ],
)
def test_bad_policy_values_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        PromotionPolicy.of(values)
