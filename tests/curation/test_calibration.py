"""A model's scores, made comparable: laws and tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.calibration import ENOUGH, Rating, Window, middle, rank

# Whole hundredths, so that an affine map keeps different scores different
SCORES = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
TEXTS = st.lists(SCORES, min_size=ENOUGH, max_size=60)


def window(scores, calls=1) -> Window:
    return Window.of([[score] * calls for score in scores], calls=calls)


def rated(told: Window, samples) -> Rating:
    rating = told.rating(samples)
    assert rating is not None
    return rating


@pytest.mark.parametrize(
    ("samples", "calls", "expected"),
    [
        ([0.9, 0.2, 0.8], 3, 0.8),
        ([0.2, 0.8, 1.0], 3, 0.8),
        ([0.7], 1, 0.7),
        ([0.2, 0.9], 2, 0.2),
        ([0.1, 0.4, 0.6, 0.9], 4, 0.4),
        ([0.8, 0.9], 3, 0.8),  # whatever the third would be, the median is not less
        ([0.9], 3, None),
        ([0.9], 2, None),
        ([0.5, 0.7, 0.9], 4, 0.5),
        ([0.7, 0.9], 4, None),
        ([], 3, None),
        ([], 1, None),
        ([0.1, 0.5, 0.9], 1, 0.5),
    ],
)
def test_the_middle_of_the_scores_that_are_there(samples, calls, expected):
    assert middle(samples, calls=calls) == expected


@given(st.lists(SCORES, min_size=2, max_size=8), st.data())
def test_a_late_score_never_lowers_the_median(samples, data):
    there = data.draw(st.integers(1, len(samples) - 1))
    told = middle(samples[:there], calls=len(samples))
    if 2 * there <= len(samples):
        assert told is None
    else:
        assert told is not None
        assert told <= sorted(samples)[(len(samples) - 1) // 2]


@given(st.lists(SCORES, max_size=7), st.integers(1, 7), st.randoms(use_true_random=False))
def test_the_order_of_the_scores_says_nothing(samples, calls, chance):
    shuffled = list(samples)
    chance.shuffle(shuffled)
    assert middle(shuffled, calls=calls) == middle(samples, calls=calls)


@given(SCORES, SCORES, st.lists(SCORES, min_size=1, max_size=60))
def test_a_higher_score_never_ranks_lower(a, b, scores):
    low, high = sorted((a, b))
    told = window(scores)
    below, above = rated(told, [low]), rated(told, [high])
    assert below.value <= above.value
    assert below.raw <= above.raw


@given(st.floats(0, 100), st.lists(st.floats(0, 100), max_size=60))
def test_a_rating_lies_between_0_and_1(score, scores):
    told = rated(window(scores), [score])
    assert 0.0 <= told.value <= 1.0
    assert 0.0 <= told.raw <= 1.0
    assert told.calibrated == (len(scores) >= ENOUGH)


@given(SCORES, TEXTS, st.integers(1, 100), st.data())
def test_a_rank_is_the_same_on_any_scale(score, scores, slope, data):
    offset = data.draw(st.integers(0, 100 - slope))
    moved = [slope * one + offset for one in scores]
    before, after = rated(window(scores), [score]), rated(window(moved), [slope * score + offset])
    assert after.value == before.value


@given(SCORES, TEXTS)
def test_a_model_that_squeezes_its_scores_ranks_like_one_that_spreads_them(score, scores):
    squeezed = [0.7 + one / 5 for one in scores]
    expected = rated(window(scores), [score]).value
    assert rated(window(squeezed), [0.7 + score / 5]).value == expected


@given(SCORES, TEXTS, st.integers(1, 5))
def test_absent_stays_absent(score, scores, calls):
    told = window(scores, calls=2 * calls + 1)
    assert told.rating([]) is None
    assert told.rating([score] * calls) is None
    assert told.rating([score] * (calls + 1)) is not None


@given(TEXTS)
def test_about_a_fifth_of_the_window_and_never_more_ranks_above_four_fifths(scores):
    told = window(scores)
    above = [score for score in scores if rated(told, [score]).value > 0.80]
    assert len(above) <= 2 * len(scores) / 5  # ties at the top, all or none
    if len(set(scores)) == len(scores):
        assert abs(len(above) - len(scores) / 5) <= 1


def test_a_model_that_always_says_the_same_says_nothing():
    assert rated(window([0.9] * 40), [0.9, 0.9, 0.9]).value == 0.5


def test_fewer_texts_than_enough_leave_the_score_as_it_is():
    told = rated(window([8.0, 3.0, 9.5]), [9.0])
    assert (told.value, told.raw, told.scale, told.calibrated) == (0.9, 0.9, 10, False)


def test_the_scale_is_that_of_everything_the_model_said():
    told = Window.of([[1.0, 1.0, 72.0], [40.0, 1.0, 1.0]], calls=3)
    assert told.scale == 100
    assert rated(told, [1.0, 1.0, 1.0]).raw == 0.01


def test_a_text_beyond_the_scale_of_the_window_widens_it():
    assert rated(window([0.2] * 3), [8.0]).raw == 0.8


def test_texts_without_enough_scores_are_no_part_of_the_window():
    assert Window.of([[0.1], [0.2, 0.3, 0.4], []], calls=3).scores == (0.3,)


@pytest.mark.parametrize(("score", "share"), [(0.1, 0), (0.2, 0.125), (0.5, 0.625), (0.9, 1)])
def test_equal_scores_share_their_rank(score, share):
    assert rank(score, [0.2, 0.5, 0.5, 0.5]) == share
