"""Which request is worth attention first, and why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.attention import DISAGREEMENTS, RISKS, Matter, explained, ranked_at, weigh

T = datetime(2026, 3, 1, tzinfo=UTC)
PLAIN = Matter(reasons=("people.likely_same",), score=0.5, readers=3)
matters = st.builds(
    Matter,
    reasons=st.sets(st.sampled_from(sorted(RISKS | DISAGREEMENTS | {"source.withdrawn", "x.y"}))),
    score=st.floats(0, 1),
    readers=st.integers(0, 10**6),
)
moments = st.timedeltas(timedelta(0), timedelta(days=3000)).map(T.__sub__)


@pytest.mark.parametrize(
    ("matter", "code", "points"),
    [
        (PLAIN, "attention.reach", 2.0),  # log2(1 + 3)
        (PLAIN, "attention.evidence", 1.5),
        (Matter((), 0, 10**9), "attention.reach", 7.0),
        (Matter(("gate.disputed", "gate.contradicts_published"), 0, 0),
         "attention.disagreement", 8.0),
        (Matter(("gate.directive", "frequency.burst"), 0, 0), "attention.risk", 6.0),
        (Matter(("source.withdrawn", "gate.source_withdrawn"), 0, 0), "attention.withdrawn", 6.0),
    ],
)  # fmt: skip
def test_every_part_has_its_points(matter, code, points):
    assert {part.code: part.points for part in weigh(matter)}[code] == pytest.approx(points)


def test_what_weighs_nothing_is_not_named():
    assert weigh(Matter((), 0, 0)) == ()
    assert explained(Matter((), 0, 0), waited=timedelta(days=-1)) == ()


def test_a_point_is_a_day_of_waiting():
    disputed = Matter((*PLAIN.reasons, "gate.disputed"), PLAIN.score, PLAIN.readers)
    assert ranked_at(T, disputed) == ranked_at(T - timedelta(days=4), PLAIN)
    assert explained(PLAIN, waited=timedelta(days=9))[0].points == 9
    assert explained(PLAIN, waited=timedelta(days=9))[0].code == "attention.age"


@given(matters, matters, moments, moments, st.timedeltas(timedelta(0), timedelta(days=999)))
def test_the_order_is_that_of_the_weights_whenever_one_looks(one, other, first, second, later):
    now = max(first, second) + later

    def weight(matter: Matter, created: datetime) -> float:
        return sum(part.points for part in explained(matter, waited=now - created))

    ahead = weight(one, first) - weight(other, second)
    if abs(ahead) > 1e-6:
        assert (ranked_at(first, one) < ranked_at(second, other)) == (ahead > 0)


@given(matters, st.timedeltas(timedelta(days=-3), timedelta(days=999)))
def test_the_heaviest_comes_first_and_nothing_weighs_less_than_nothing(matter, waited):
    points = [part.points for part in explained(matter, waited=waited)]
    assert points == sorted(points, reverse=True)
    assert all(one > 0 for one in points)
