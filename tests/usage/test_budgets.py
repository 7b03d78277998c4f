"""Limits by day: a space's own and those above it, whatever was spent below."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spaces.core.ancestry import path
from apps.usage.core.budgets import Limits, Spending, below, exceeded, first_refusal

TREE = {1: None, 2: 1, 3: 1, 4: 2, 5: 2}
SPENDING = st.builds(Spending, st.integers(0, 9), st.integers(0, 999), st.decimals(0, 9, places=2))


@pytest.mark.parametrize(
    ("limits", "spent", "wanted"),
    [
        (Limits(), Spending(10**9, 10**12, Decimal(10**6)), ""),
        (Limits(calls=3), Spending(calls=2), ""),
        (Limits(calls=3), Spending(calls=3), "3 of 3 requests are spent today (UTC)"),
        (Limits(calls=0), Spending(), "0 of 0 requests are spent today (UTC)"),
        (Limits(tokens=1000), Spending(tokens=1500), "1,500 of 1,000 tokens are spent today (UTC)"),
        (Limits(cost=Decimal("0.5")), Spending(cost=Decimal("0.499")), ""),
        (
            Limits(9, 9, Decimal("0.5")),
            Spending(1, 1, Decimal("0.5")),
            "0.5 of 0.5 US dollars are spent today (UTC)",
        ),
    ],
)
def test_a_limit_is_reached_or_not(limits, spent, wanted):
    assert exceeded(limits, spent) == wanted


def test_what_is_spent_below_counts_above_and_not_beside():
    by_space = {4: Spending(calls=2), 5: Spending(calls=1), 3: Spending(calls=7)}
    assert [below(space, by_space, TREE).calls for space in (1, 2, 3, 4)] == [10, 3, 7, 2]
    limits = {2: Limits(calls=3)}
    assert first_refusal(4, limits, by_space, TREE).startswith("3 of 3")
    assert first_refusal(3, limits, by_space, TREE) == ""
    assert first_refusal(1, limits, by_space, TREE) == ""


@given(st.dictionaries(st.sampled_from(sorted(TREE)), SPENDING), st.sampled_from(sorted(TREE)))
def test_a_space_spends_at_least_what_each_space_under_it_does(by_space, space):
    for above in path(space, TREE):
        one, other = below(space, by_space, TREE), below(above, by_space, TREE)
        assert one.calls <= other.calls
        assert one.tokens <= other.tokens
        assert one.cost <= other.cost


@given(SPENDING, SPENDING, st.integers(0, 9))
def test_spending_more_never_lifts_a_refusal(spent, more, calls):
    limits = Limits(calls=calls, tokens=500, cost=Decimal(5))
    if exceeded(limits, spent):
        assert exceeded(limits, spent + more)
