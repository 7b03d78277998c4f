"""Fusion of legs, neighbours, sessions, and the words that drive a scan."""

import random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.recall.core.fusion import (
    DENSE_WEIGHT,
    FOREIGN_DENSE_WEIGHT,
    Ranked,
    convex,
    dense_weight,
    ordered,
    ranks,
    rrf,
    scaled,
    with_neighbours,
    with_sessions,
)

T = TypeVar("T")
IDS = st.integers(1, 12)
WORDS = st.dictionaries(IDS, st.floats(0.01, 30), max_size=12)
MEANING = st.dictionaries(IDS, st.floats(-1, 1), max_size=12)
FUSED = st.dictionaries(IDS, st.floats(0, 1), max_size=12)
NEIGHBOURS = st.dictionaries(IDS, st.lists(IDS, max_size=3), max_size=12)
SESSIONS = st.dictionaries(IDS, st.sampled_from(["a", "b", "c"]), max_size=12)


def shuffled(mapping: dict[int, T]) -> dict[int, T]:
    items = list(mapping.items())
    random.Random(7).shuffle(items)
    return dict(items)


def order(ranked: tuple[Ranked, ...]) -> list[int]:
    return [each.id for each in ranked]


def test_a_note_both_legs_like_comes_first():
    ranked = convex({1: 9.0, 2: 8.0}, {2: 0.8, 3: 0.9, 4: 0.1})
    assert order(ranked) == [2, 1, 3, 4]
    assert ranked[0].signals == {"lexical": 8.0, "dense": 0.8}
    assert ranked[0].ranks == {"lexical": 2, "dense": 2}
    assert ranked[1].signals == {"lexical": 9.0}


@pytest.mark.parametrize("fuse", [convex, rrf])
def test_nothing_found_is_an_empty_ranking(fuse):
    assert fuse({}, {}) == ()


def test_a_single_candidate_scores_one():
    assert [each.score for each in convex({5: 0.3}, {})] == [1.0]
    assert [each.score for each in convex({}, {5: -0.3})] == [1.0]


def test_an_empty_leg_leaves_its_share_to_the_other():
    assert [each.score for each in convex({1: 4.0, 2: 2.0}, {})] == [1.0, 0.5]
    assert [each.score for each in convex({}, {1: 0.9, 2: 0.1})] == [1.0, 0.0]


def test_a_leg_that_cannot_tell_its_notes_apart_supports_them_all():
    assert scaled({1: 0.4, 2: 0.4}) == {1: 1.0, 2: 1.0}
    assert scaled({1: 4.0, 2: 1.0}, floor=0.0) == {1: 1.0, 2: 0.25}
    assert scaled({}) == {}


def test_the_weight_moves_the_answer_between_the_legs():
    legs = {1: 9.0, 2: 1.0}, {1: 0.1, 2: 0.9}
    assert order(convex(*legs, weight=0)) == [1, 2]
    assert order(convex(*legs, weight=1)) == [2, 1]


@pytest.mark.parametrize("fuse", [convex, rrf])
@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_outside_its_range_is_refused(fuse, weight):
    with pytest.raises(ValueError, match="weight"):
        fuse({1: 1.0}, {}, weight=weight)


def test_rrf_adds_shares_of_reciprocal_ranks():
    ranked = rrf({1: 9.0, 2: 8.0}, {2: 0.9})
    assert order(ranked) == [2, 1]
    assert ranked[0].score == pytest.approx(0.5 / 62 + 0.5 / 61)
    with pytest.raises(ValueError, match="positive"):
        rrf({1: 1.0}, {}, k=0)


def test_equal_scores_share_a_rank():
    assert ranks({1: 0.5, 2: 0.9, 3: 0.5, 4: 0.1}) == {2: 1, 1: 2, 3: 2, 4: 4}


def test_ties_go_to_the_larger_key_then_the_lower_id():
    scores = {4: 0.5, 3: 0.5, 2: 0.5, 1: 0.5}
    keys = {3: (1.0, 5.0), 2: (1.0, 9.0), 4: (0.0, 99.0)}
    assert order(ordered(scores, {}, ties=keys)) == [2, 3, 4, 1]
    assert order(ordered({2: 0.3, 1: 0.1 + 0.2}, {}, ties={2: (1.0,)})) == [2, 1]


@given(WORDS, MEANING, st.floats(0, 1))
def test_fusion_ignores_the_order_of_its_inputs(lexical, dense, weight):
    for fuse in (convex, rrf):
        ranked = fuse(lexical, dense, weight=weight)
        assert ranked == fuse(shuffled(lexical), shuffled(dense), weight=weight)
        assert set(order(ranked)) == lexical.keys() | dense.keys()


@given(WORDS, MEANING, st.floats(0, 1))
def test_a_convex_score_stays_between_zero_and_one(lexical, dense, weight):
    assert all(0 <= each.score <= 1 + 1e-9 for each in convex(lexical, dense, weight=weight))


@given(WORDS, MEANING, st.floats(0, 1))
def test_a_note_better_in_both_legs_never_ranks_below(lexical, dense, weight):
    for fuse in (convex, rrf):
        place = {id_: n for n, id_ in enumerate(order(fuse(lexical, dense, weight=weight)))}
        both = sorted(lexical.keys() & dense.keys())
        for low in both:
            for high in both:
                if lexical[high] > lexical[low] + 1e-6 and dense[high] > dense[low] + 1e-6:
                    assert place[high] < place[low]


@pytest.mark.parametrize(
    ("language", "declared", "weight"),
    [
        ("en", {"en"}, DENSE_WEIGHT),
        ("ja", {"en"}, FOREIGN_DENSE_WEIGHT),
        ("ja", {"en", "ja"}, DENSE_WEIGHT),
        ("ja", {"*"}, DENSE_WEIGHT),
        ("ja", set(), DENSE_WEIGHT),
        ("", {"en"}, DENSE_WEIGHT),
    ],
)
def test_a_model_says_less_about_languages_it_does_not_declare(language, declared, weight):
    assert dense_weight(language, declared) == weight


def test_a_foreign_language_never_gains_weight():
    assert dense_weight("ja", {"en"}, weight=0.05) == 0.05


def test_a_hit_lifts_the_notes_around_it():
    spread = with_neighbours({5: 0.8, 9: 0.3}, {5: [4, 6], 9: [8, 10]}, share=0.5)
    assert spread == pytest.approx({5: 0.8, 9: 0.3, 4: 0.32, 6: 0.32, 8: 0.045, 10: 0.045})


def test_a_note_between_two_hits_takes_the_stronger():
    assert with_neighbours({1: 0.6, 3: 1.0}, {1: [2], 3: [2]}, share=0.5)[2] == 0.5


def test_a_note_is_not_its_own_neighbour():
    assert with_neighbours({1: 1.0}, {1: [1]}) == {1: 1.0}


def test_a_session_with_several_good_hits_lifts_its_notes():
    scores = {1: 0.6, 2: 0.6, 3: 0.6, 4: 0.6}
    lifted = with_sessions(scores, {1: "a", 2: "a", 3: "a", 4: "b"})
    assert lifted[1] == lifted[2] == lifted[3] > lifted[4] > 0.6


def test_evidence_can_be_told_apart_from_gains():
    lifted = with_sessions({1: 0.5, 2: 0.5}, {1: "a", 2: "b"}, evidence={1: 1.0}, share=0.3)
    assert lifted == pytest.approx({1: 0.6, 2: 0.5})


def test_a_note_without_session_is_left_alone():
    assert with_sessions({1: 0.5}, {}) == {1: 0.5}
    with pytest.raises(ValueError, match="at least one"):
        with_sessions({1: 0.5}, {}, hits=0)


@given(FUSED, NEIGHBOURS, SESSIONS)
def test_context_only_lifts_and_ignores_order(scores, neighbours, sessions):
    near = with_neighbours(scores, neighbours)
    assert near == with_neighbours(shuffled(scores), shuffled(neighbours))
    lifted = with_sessions(near, sessions, evidence=scores)
    assert lifted == with_sessions(shuffled(near), shuffled(sessions), evidence=shuffled(scores))
    assert all(lifted[id_] >= near[id_] >= score for id_, score in scores.items())


@given(FUSED, NEIGHBOURS, SESSIONS, IDS)
def test_a_better_hit_lowers_nobody(scores, neighbours, sessions, id_):
    better = {**scores, id_: 1.0}
    before, after = with_neighbours(scores, neighbours), with_neighbours(better, neighbours)
    assert all(after[each] >= score for each, score in before.items())
    old, new = with_sessions(scores, sessions), with_sessions(better, sessions)
    assert all(new[each] >= score for each, score in old.items())
