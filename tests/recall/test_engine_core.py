"""The pure parts of the engine: what drives the scan of words, and how vectors are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.recall.core import plans
from apps.recall.core.bm25 import SCAN_BUDGET, drives

FREQUENCIES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 10**6))


def test_rare_words_drive_the_scan_within_its_budget():
    frequencies = {"the": 900_000, "pump": 12_000, "e204": 3, "seal": 7_000, "none": 0}
    assert drives(frequencies, 10**6, budget=20_000) == (("e204",), ("seal",), ("pump",))
    assert drives(frequencies, 10**6, budget=10_000)[:2] == (("e204",), ("seal",))


def test_common_words_drive_in_pairs():
    frequencies = {"e204": 3, "pump": 10_000, "seal": 20_000, "the": 900_000}
    assert drives(frequencies, 10**6, budget=1_000) == (("e204",), ("pump", "seal"))
    assert drives({"pump": 10_000, "seal": 20_000}, 10**6, budget=1_000) == (("pump", "seal"),)


def test_the_rarest_word_drives_even_alone_above_the_budget():
    assert drives({"the": 900_000, "is": 950_000}, 10**6) == (("the",),)
    assert drives({"none": 0}, 10) == ()


@given(FREQUENCIES, st.integers(0, 10**6), st.integers(1, 10**5))
def test_a_scan_keeps_its_budget(frequencies, documents, budget):
    chosen = drives(frequencies, documents, budget=budget)
    singles = [drive[0] for drive in chosen if len(drive) == 1]
    visited = sum(frequencies[term] for term in singles)
    assert visited <= budget or len(chosen) == 1
    assert bool(chosen) == any(frequencies.values())
    rarest_left_out = min(
        (count for term, count in frequencies.items() if count and term not in singles),
        default=10**7,
    )
    assert all(frequencies[term] <= rarest_left_out for term in singles)


@given(FREQUENCIES, st.integers(0, 10**6))
def test_what_drives_does_not_depend_on_the_order_of_the_words(frequencies, documents):
    backwards = dict(reversed(frequencies.items()))
    assert drives(frequencies, documents) == drives(backwards, documents)
    assert SCAN_BUDGET > 0


@pytest.mark.parametrize(
    ("rows", "total", "plan"),
    [
        (0, 0, plans.Plan.EXACT),
        (2_000, 1_000_000, plans.Plan.EXACT),
        (2_400, 0, plans.Plan.EXACT),
        (2_401, 0, plans.Plan.HNSW),
        (2_401, 2_401, plans.Plan.HNSW),
        (15_400, 100_000, plans.Plan.EXACT),
        (15_600, 100_000, plans.Plan.HNSW),
        (48_900, 1_000_000, plans.Plan.EXACT),
        (49_100, 1_000_000, plans.Plan.HNSW),
        (60_000, 100_000_000, plans.Plan.HNSW),
    ],
)
def test_the_plan_turns_where_a_walk_becomes_cheaper(rows, total, plan):
    assert plans.choose(rows, total=total) is plan


@pytest.mark.parametrize(
    ("documents", "matching", "rows"),
    [(1000, [], 1000), (1000, [500, 100], 50), (1000, [0], 0), (0, [5], 0), (10, [50], 10)],
)
def test_filters_are_expected_to_be_independent(documents, matching, rows):
    assert plans.expected(documents, matching) == rows


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=5))
def test_no_more_rows_are_expected_than_there_are(documents, matching):
    rows = plans.expected(documents, matching)
    assert 0 <= rows <= documents
    assert rows <= min([documents, *matching])
