"""How far a run is: shares by what the steps took, and the pace so far."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core import pace

SECONDS = st.dictionaries(st.sampled_from(pace.STEPS), st.floats(0, 1e6))


@given(SECONDS, st.booleans())
def test_weights_are_shares_of_a_whole_in_the_order_of_the_steps(seconds, asking):
    weighed = pace.weights(seconds, asking=asking)
    assert sum(weighed.values()) == pytest.approx(1)
    assert list(weighed) == [step for step in pace.STEPS if asking or step not in pace.ASKING]
    assert min(weighed.values()) > 0


@given(SECONDS, st.integers(0, 50), st.integers(1, 50))
def test_the_share_never_falls_from_part_to_part(seconds, done, total):
    weighed = pace.weights(seconds, asking=True)
    told = [
        pace.share(weighed, step, part, total)
        for step in pace.STEPS
        for part in (0, min(done, total), total)
    ]
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == pytest.approx(1)


def test_steps_weigh_what_they_took_last_time():
    weighed = pace.weights({"gathering": 10, "writing": 30}, asking=False)
    assert weighed["writing"] == pytest.approx(3 * weighed["gathering"])
    assert pace.share(weighed, "unheard of", 1, 2) == 0


@pytest.mark.parametrize(
    ("elapsed", "done", "left"), [(10, 0.5, 10), (30, 0.75, 10), (5, 0.0, None), (9, 1.0, 0)]
)
def test_what_is_left_goes_by_the_pace_so_far(elapsed, done, left):
    assert pace.seconds_left(elapsed, done) == left
