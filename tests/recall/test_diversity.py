"""Fewer results that say the same: the rule itself, and in an answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.recall.core.diversity import Item, Pick, pick

EAST, NORTH, NEAR_EAST = (1.0, 0.0), (0.0, 1.0), (0.98, 0.199)


def items(*given_):
    return [
        Item(relevance, vector, words or position)
        for position, (relevance, vector, words) in enumerate(given_)
    ]


RANKING = items((1.0, EAST, ""), (0.9, NEAR_EAST, ""), (0.5, NORTH, ""))


@pytest.mark.parametrize(
    ("diversity", "order"), [(0.0, [0, 1, 2]), (0.1, [0, 1, 2]), (0.5, [0, 2, 1]), (1.0, [0, 2, 1])]
)
def test_the_unlike_rises_with_diversity(diversity, order):
    assert [each.position for each in pick(RANKING, diversity=diversity, limit=9)] == order


def test_equal_words_stand_once_and_name_their_repeats():
    same = items((1.0, EAST, "a"), (0.9, NORTH, "b"), (0.8, EAST, "a"), (0.7, None, "a"))
    assert pick(same, diversity=0.2, limit=9) == (Pick(0, (2, 3)), Pick(1))
    assert pick(same, diversity=0.0, limit=9) == tuple(Pick(n) for n in range(4))


def test_close_in_meaning_is_never_folded():
    twins = items((1.0, EAST, "pump a"), (1.0, EAST, "pump b"))
    assert pick(twins, diversity=1.0, limit=9) == (Pick(0), Pick(1))


def test_without_vectors_the_ranking_stays():
    bare = items((0.9, None, ""), (0.5, None, ""), (0.1, None, ""))
    assert [each.position for each in pick(bare, diversity=0.7, limit=2)] == [0, 1]
    assert pick([], diversity=0.7, limit=2) == ()
    assert pick(items((0.0, EAST, ""), (0.0, NORTH, "")), diversity=0.5, limit=1) == (Pick(0),)


@pytest.mark.parametrize("diversity", [-0.1, 1.1])
def test_diversity_is_a_share(diversity):
    with pytest.raises(ValueError, match="between 0 and 1"):
        pick(RANKING, diversity=diversity, limit=1)


VECTORS = st.sampled_from([EAST, NORTH, NEAR_EAST, (-1.0, 0.0), None])
RANKINGS = st.lists(st.tuples(st.floats(0, 2), VECTORS, st.sampled_from("abcde")), max_size=9).map(
    lambda rows: [Item(*row) for row in sorted(rows, key=lambda row: -row[0])]
)


@settings(deadline=None)
@given(RANKINGS, st.floats(0, 1), st.integers(0, 9))
def test_laws_of_picking(ranking, diversity, limit):
    picks = pick(ranking, diversity=diversity, limit=limit)
    assert picks == pick(ranking, diversity=diversity, limit=limit)
    assert len(picks) <= limit
    named = [place for each in picks for place in (each.position, *each.repeats)]
    assert len(named) == len(set(named))
    if ranking and limit:
        assert picks[0].position == 0
    if diversity == 0:
        assert [each.position for each in picks] == list(range(min(limit, len(ranking))))
    elif limit >= len(ranking):
        assert sorted(named) == list(range(len(ranking)))  # nothing is lost
        assert len({ranking[each.position].words for each in picks}) == len(picks)
    for each in picks:
        assert all(place > each.position for place in each.repeats)


@settings(deadline=None)
@given(RANKINGS, st.floats(0, 1), st.integers(0, 8))
def test_a_longer_list_begins_like_a_shorter_one(ranking, diversity, limit):
    longer = pick(ranking, diversity=diversity, limit=limit + 1)
    assert longer[:limit] == pick(ranking, diversity=diversity, limit=limit)


# --- in an answer -----------------------------------------------------------------------------


@pytest.mark.usefixtures("minilm")
def test_an_answer_says_a_thing_once(world, write, ask):
    write(world.alice, "The staging database is refreshed every Monday night.")
    write(world.alice, "Every Monday night the staging database gets refreshed.")
    copy = write(
        world.bob, "the staging database is refreshed every monday night!", space=world.team
    )
    write(world.alice, "Ask Erin for the staging database password.", space=world.team)
    query = "What should I know about the staging database refreshed on Monday?"
    plain = ask(world.alice, query, neighbours=False)["results"]
    assert len(plain) == 4
    assert "Ask Erin" in plain[3]["text"]
    assert all(each["repeats"] == [] for each in plain)
    varied = ask(world.alice, query, neighbours=False, diversity=0.7)["results"]
    assert len(varied) == 3
    assert "Ask Erin" in varied[1]["text"]
    assert varied[0]["id"] == plain[0]["id"]
    folded = {plain[0]["id"], *varied[0]["repeats"]}
    assert str(copy.public_id) in folded
    assert len(folded) == 2


def test_diversity_looks_beyond_the_limit(world, write, ask):
    for _ in range(2):
        for space in (None, world.team):
            write(world.alice, "The boiler leaks.", space=space)
    write(world.bob, "The boiler leaks.", space=world.team)
    write(world.bob, "A boiler is what you need when you want to heat water.", space=world.team)
    assert len({each["text"] for each in ask(world.alice, "boiler", limit=2)["results"]}) == 1
    varied = ask(world.alice, "boiler", limit=2, diversity=0.3)["results"]
    assert len({each["text"] for each in varied}) == 2
    assert len(varied[0]["repeats"]) == 2


def test_the_default_is_the_ranking_itself(world, write, ask):
    for number in range(12):
        write(world.alice, f"Boiler note {number % 4}.", session_id=f"s{number % 3}")
    plain = ask(world.alice, "boiler note")["results"]
    assert ask(world.alice, "boiler note", diversity=0)["results"] == plain


@pytest.mark.parametrize("diversity", [-0.1, 1.1, "some"])
def test_a_share_is_asked_for(world, client_of, diversity):
    body = {"query": "boiler", "diversity": diversity}
    answer = client_of(world.alice).post("/api/v1/recall", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "diversity"
