"""Strength: evidence moves confidence, time moves retention, and reading moves time alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.curation.core.policy import DEFAULT
from apps.decay.core import forecast
from apps.decay.core.policy import DECAYING, LASTING, VALUES, DecayPolicy, changed
from apps.decay.core.strength import (
    CONTRADICTED,
    FADED,
    FAILING,
    MOST,
    MOST_LIFETIME,
    NONE,
    Evidence,
    confidence,
    lifetime,
    retention,
    slowed,
    strength,
    why,
)
from apps.memories.models import Kind

DAY = timedelta(days=1)
people = st.integers(0, MOST - 1)
evidences = st.builds(Evidence, people, people, people, people, people)
ages = st.integers(0, 20_000).map(lambda hours: timedelta(hours=hours))
half_lives = st.integers(1, 3650).map(lambda days: timedelta(days=days))
shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (NONE, 1 / 2),
        (Evidence(confirmers=1), 2 / 3),
        (Evidence(confirmers=1, contradicters=1), 1 / 2),
        (Evidence(contradicters=1), 1 / 3),
        (Evidence(successes=2, failures=1), 3 / 5),
        (Evidence(readers=50), 1 / 2),
    ],
)
def test_confidence_is_the_share_that_speaks_for_it(evidence, expected):
    assert confidence(evidence) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("days", "half_life", "left"), [(0, 10, 1), (10, 10, 0.5), (30, 10, 0.125), (-5, 10, 1)]
)
def test_half_is_left_after_each_half_life(days, half_life, left):
    assert retention(days * DAY, half_life=half_life * DAY) == pytest.approx(left)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (NONE, FADED),
        (Evidence(confirmers=1, contradicters=1), FADED),
        (Evidence(contradicters=1), CONTRADICTED),
        (Evidence(failures=2, successes=1), FAILING),
        (Evidence(failures=2, contradicters=1), CONTRADICTED),
    ],
)
def test_the_reason_names_what_spoke_against_it(evidence, reason):
    assert why(evidence) == reason


@settings(deadline=None)
@given(evidences, ages, half_lives, shares)
def test_reading_never_raises_confidence_and_never_lets_forget_sooner(
    evidence, age, half_life, slowing
):
    read = replace(evidence, readers=evidence.readers + 1)
    assert confidence(read) == confidence(evidence)
    now, then = (
        strength(one, age, half_life=half_life, slowing=slowing) for one in (evidence, read)
    )
    assert now <= then <= confidence(evidence)
    assert slowed(half_life, readers=read.readers, slowing=slowing) <= half_life * (1 + slowing)


@settings(deadline=None)
@given(evidences, ages, half_lives, shares)
def test_more_for_it_is_never_weaker_and_more_against_it_never_stronger(
    evidence, age, half_life, slowing
):
    def of(one):
        return strength(one, age, half_life=half_life, slowing=slowing)

    for name in ("confirmers", "successes"):
        assert of(replace(evidence, **{name: getattr(evidence, name) + 1})) >= of(evidence)
    for name in ("contradicters", "failures"):
        assert of(replace(evidence, **{name: getattr(evidence, name) + 1})) <= of(evidence)


@settings(deadline=None)
@given(evidences, ages, ages, half_lives, shares)
def test_nothing_grows_stronger_by_waiting(evidence, age, later, half_life, slowing):
    given_values = {"half_life": half_life, "slowing": slowing}
    now, then = (
        strength(evidence, age, **given_values),
        strength(evidence, age + later, **given_values),
    )
    assert 0 <= then <= now < 1


@settings(deadline=None)
@given(evidences, half_lives, shares, st.floats(0.001, 1))
def test_a_lifetime_ends_where_the_strength_comes_down_to_the_floor(
    evidence, half_life, slowing, floor
):
    given_values = {"half_life": half_life, "slowing": slowing}
    lasts = lifetime(evidence, floor=floor, **given_values)
    at_its_end = strength(evidence, lasts, **given_values)
    if confidence(evidence) <= floor:
        assert lasts == timedelta(0)
    else:
        assert at_its_end == pytest.approx(floor, rel=1e-6)
    assert strength(evidence, lasts + DAY, **given_values) < floor


@settings(deadline=None)
@given(evidences, half_lives, shares)
def test_no_floor_no_end(evidence, half_life, slowing):
    assert lifetime(evidence, half_life=half_life, slowing=slowing, floor=0) == MOST_LIFETIME


@pytest.mark.parametrize(
    "call",
    [
        lambda: Evidence(confirmers=MOST + 1),
        lambda: Evidence(readers=-1),
        lambda: retention(DAY, half_life=timedelta(0)),
        lambda: slowed(DAY, readers=1, slowing=1.5),
        lambda: slowed(DAY, readers=MOST + 1, slowing=1),
        lambda: lifetime(NONE, half_life=DAY, slowing=0, floor=2),
        lambda: forecast.days(datetime(2026, 1, 1, tzinfo=UTC), 0),
        lambda: changed(DEFAULT, {"kill_switch": True}),
        lambda: changed(DEFAULT, {"half_life_fact": 0}),
    ],
)
def test_what_is_out_of_range_is_refused(call):
    with pytest.raises(ValueError, match=r"must|is not a value"):
        call()


def test_every_kind_fades_or_lasts_and_every_value_is_the_policys():
    assert {*DECAYING, *LASTING} == set(Kind.values)
    assert set(VALUES) <= set(DEFAULT.values())
    policy = DecayPolicy.of(DEFAULT)
    assert [policy.half_life(kind) for kind in LASTING] == [None, None]
    assert policy.strength("directive", NONE, DAY) is None
    assert policy.lifetime("episode", NONE) == pytest.approx(60 * DAY * 2.321928, rel=1e-6)


def test_a_forecast_adds_up_by_month_across_the_year():
    moments = forecast.days(datetime(2026, 11, 21, 15, tzinfo=UTC), 3)
    points = forecast.points(moments, {0: 4, 2: 3, 3: 1})
    assert [(str(one.on), one.archived) for one in points] == [
        ("2026-11-21", 4),
        ("2026-12-01", 4),
        ("2027-01-01", 7),
        ("2027-02-01", 8),
    ]
    told = forecast.Forecast(9380, {}, points, {}).sentence
    assert told == "8 of 9,380 would be archived by 2027-02-01."
