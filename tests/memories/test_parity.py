"""How alike two rankings are: tables and laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memories.core.parity import overlap, rank_correlation
from apps.memories.services.parity import Parity, Report

SCORES = st.lists(st.floats(-1, 1, width=16), min_size=2, max_size=20)
IDS = st.lists(st.integers(0, 30), unique=True, max_size=15)


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ([1, 2, 3], [3, 2, 1], 1.0),
        ([1, 2, 3, 4], [3, 4, 5, 6], 0.5),
        ([1], [2], 0.0),
        ([], [], 1.0),
        ([1, 2], [1], 0.5),
    ],
)
def test_overlap(first, second, share):
    assert overlap(first, second) == share


@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 2, 3, 4], [1, 3, 2, 4], 0.8),
        ([1, 1, 2], [1, 1, 2], 1.0),
        ([1, 1, 1], [1, 2, 3], None),
        ([1], [1], None),
        ([], [], None),
    ],
)
def test_rank_correlation(first, second, rho):
    found = rank_correlation(first, second)
    assert found == (None if rho is None else pytest.approx(rho))


def test_sides_of_different_length_are_refused():
    with pytest.raises(ValueError, match="same things"):
        rank_correlation([1], [1, 2])


@given(IDS, IDS)
def test_overlap_is_symmetric_and_a_share(first, second):
    assert overlap(first, second) == overlap(second, first)
    assert 0 <= overlap(first, second) <= 1
    assert overlap(first, first) == 1


@given(SCORES, st.randoms(use_true_random=False))
def test_only_the_order_of_scores_counts(scores, chance):
    other = chance.sample(scores, len(scores))
    rho = rank_correlation(scores, other)
    assert rho == rank_correlation([math.atan(s) * 3 + 1 for s in scores], other)
    assert rho is None or -1 <= rho <= 1
    reverse = rank_correlation([-s for s in scores], other)
    assert rho == (None if reverse is None else pytest.approx(-reverse))


def test_a_report_tells_what_nineteen_of_twenty_reach():
    parities = [Parity(overlap=n / 20, correlation=None if n else 0.5) for n in range(20)]
    report = Report.of(parities)
    assert (report.queries, report.overlap_worst, report.correlation) == (20, 0.05, 0.5)
    assert report.overlap == pytest.approx(0.475)
