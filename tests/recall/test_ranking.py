"""The pure parts: which plan, which statuses, and how context moves a ranking."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.recall.core import ranking
from apps.recall.core.questions import Filters, Question
from apps.recall.core.ranking import Candidate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 50),
        lexical=st.none() | st.floats(0.01, 30),
        dense=st.none() | st.floats(-1, 1),
        session=st.none() | st.tuples(st.just(1), st.sampled_from("ab")),
        ties=st.tuples(st.sampled_from([0.0, 1.0])),
    ),
    unique_by=lambda each: each.id,
)


@pytest.mark.parametrize(
    ("question", "searched", "hidden"),
    [
        (Question("q"), ("active",), ("superseded", "archived", "quarantined")),
        (Question("q", as_of=NOW), ("active", "superseded"), ("archived", "quarantined")),
        (
            Question("q", filters=Filters(status=("archived",)), as_of=NOW),
            ("archived",),
            ("superseded", "quarantined"),
        ),
    ],
)
def test_what_is_not_searched_is_counted(question, searched, hidden):
    assert question.statuses == searched
    assert question.hidden_statuses == hidden


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CANDIDATES, st.randoms(use_true_random=False), st.sampled_from(["convex", "rrf"]))
def test_the_order_of_the_candidates_does_not_matter(candidates, random, method):
    mixed = random.sample(candidates, len(candidates))
    one, two = (ranking.fuse(each, method=method, weight=0.4) for each in (candidates, mixed))
    assert one == two
    scored = [each for each in candidates if each.lexical is not None or each.dense is not None]
    assert {each.id for each in one} == {each.id for each in scored}
    assert all(0 <= each.score <= 1 + 1e-9 for each in one)
    context = [ranking.with_context(one, each, {}, limit=100) for each in (candidates, mixed)]
    assert context[0] == context[1]


def test_a_neighbour_enters_with_what_lifted_it():
    hit = Candidate(1, lexical=5.0, dense=0.9, session=(1, "s"))
    beside = Candidate(2, session=(1, "s"))
    far = Candidate(3, lexical=1.0, dense=0.1)
    fused = ranking.fuse([hit, far], method="convex", weight=0.4)
    ranked = ranking.with_context(fused, [hit, far], {1: [beside]}, limit=10)
    assert [each.id for each in ranked] == [1, 2, 3]
    assert set(ranked[1].signals) == {"neighbours", "session"}
    assert ranked[1].ranks == {}
    assert set(ranked[0].signals) == {"lexical", "dense", "fused", "session"}


def test_only_the_wanted_places_come_back():
    hits = [Candidate(n, lexical=float(n)) for n in range(1, 9)]
    fused = ranking.fuse(hits, method="convex", weight=0.4)
    assert [each.id for each in ranking.with_context(fused, hits, {}, limit=3)] == [8, 7, 6]


def test_a_candidate_of_a_leg_keeps_its_session_when_it_is_also_a_neighbour():
    one = Candidate(1, lexical=5.0, session=(1, "s"), ties=(1.0,))
    two = Candidate(2, lexical=5.0, session=(1, "s"), ties=(0.0,))
    bare = replace(two, lexical=None, session=None)
    fused = ranking.fuse([one, two], method="convex", weight=0.4)
    ranked = ranking.with_context(fused, [one, two], {1: [bare]}, limit=2)
    assert {each.id: "session" in each.signals for each in ranked} == {1: True, 2: True}
