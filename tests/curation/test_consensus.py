from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core import inquiry
from apps.curation.core.consensus import (
    Pair,
    Sameness,
    contradictions,
    same_facts,
    shared_facts,
)

VERDICTS: tuple[Sameness, ...] = ("same", "contains", "different", "contradicts")
pairs = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1])
heard = st.dictionaries(pairs, st.sampled_from(VERDICTS), max_size=40)


def never(a: int, b: int) -> bool:
    return False


def both(verdict: Sameness, *found: Pair) -> dict[Pair, Sameness]:
    return {pair: verdict for a, b in found for pair in ((a, b), (b, a))}


def test_said_in_both_orders_two_items_are_the_same_fact():
    assert same_facts(3, both("same", (0, 1)), apart=never) == ((0, 1), (2,))


def test_said_in_one_order_only_nothing_merges():
    assert same_facts(2, {(0, 1): "same"}, apart=never) == ((0,), (1,))


def test_a_model_of_two_minds_merges_nothing():
    verdicts: dict[Pair, Sameness] = {(0, 1): "same", (1, 0): "different"}
    assert same_facts(2, verdicts, apart=never) == ((0,), (1,))


def test_one_wrong_same_does_not_glue_two_facts_together():
    verdicts = both("same", (0, 1), (2, 3), (1, 2)) | both("different", (0, 2), (1, 3), (0, 3))
    assert same_facts(4, verdicts, apart=never) == ((0, 1), (2, 3))


def test_one_wrong_different_does_not_tear_a_fact_apart():
    verdicts = both("same", (0, 1), (1, 2)) | {(0, 2): "different"}
    assert same_facts(3, verdicts, apart=never) == ((0, 1, 2),)


def test_a_rule_outweighs_whatever_was_said():
    verdicts = both("same", (0, 1), (1, 2))
    kept = same_facts(3, verdicts, apart=lambda a, b: (a, b) == (0, 2))
    assert kept == ((0, 1), (2,))


def test_what_contains_another_shares_its_group_but_is_no_same_fact():
    verdicts = both("contains", (0, 1))
    facts = same_facts(2, verdicts, apart=never)
    assert facts == ((0,), (1,))
    assert shared_facts(facts, verdicts, apart=never) == ((0, 1),)


def test_a_contradiction_counts_when_it_was_said_in_both_orders():
    verdicts = both("contradicts", (0, 1)) | {(1, 2): "contradicts"}
    assert contradictions(verdicts) == {(0, 1)}


@given(heard)
def test_facts_partition_the_items(verdicts):
    facts = same_facts(8, verdicts, apart=never)
    assert sorted(item for fact in facts for item in fact) == list(range(8))


@given(heard)
def test_every_fact_of_several_items_has_a_same_between_any_two_halves(verdicts):
    for fact in same_facts(8, verdicts, apart=never):
        for size in range(1, len(fact) // 2 + 1):
            for half in combinations(fact, size):
                rest = set(fact) - set(half)
                across = [(a, b) for a in half for b in rest]
                said = [verdicts.get(p) for a, b in across for p in ((a, b), (b, a))]
                assert said.count("same") >= 1


@given(heard, st.randoms())
def test_the_order_of_the_verdicts_changes_nothing(verdicts, random):
    shuffled = list(verdicts.items())
    random.shuffle(shuffled)
    assert same_facts(8, dict(shuffled), apart=never) == same_facts(8, verdicts, apart=never)


@given(heard, st.sets(pairs, max_size=6))
def test_no_vetoed_pair_shares_a_fact(verdicts, vetoes):
    kept = {(min(p), max(p)) for p in vetoes}
    facts = same_facts(8, verdicts, apart=lambda a, b: (a, b) in kept)
    shared = shared_facts(facts, verdicts, apart=lambda a, b: (a, b) in kept)
    for part in shared:
        assert not kept.intersection(combinations(part, 2))


def test_the_likest_pairs_are_asked_first_and_unlike_ones_never():
    likeness = {(0, 1): 0.5, (1, 2): 0.9, (0, 2): 0.1}
    found = inquiry.to_ask([(0,), (1,), (2,)], likeness, {}, set())
    assert found == [(1, 2), (0, 1)]


def test_two_groups_that_were_refused_often_are_asked_about_no_more():
    groups = [(item,) for item in range(6)]
    likeness = {(0, other): 0.9 - other / 10 for other in range(1, 6)}
    verdicts = {(0, other): VERDICTS[2] for other in range(1, 4)}
    asked = set(verdicts)
    assert inquiry.to_ask(groups, likeness, verdicts, asked) == [(0, 4), (0, 5)]
    refused = verdicts | dict.fromkeys([(4, 1), (4, 2), (4, 3)], VERDICTS[2])
    assert inquiry.to_ask(groups, likeness, refused, set(refused)) == [(0, 5)]


def test_two_groups_are_compared_by_two_pairs_at_most():
    groups = [(0, 1, 2), (3, 4, 5)]
    likeness = {(a, b): 0.8 for a in groups[0] for b in groups[1]}
    assert len(inquiry.to_ask(groups, likeness, {}, set())) == inquiry.ENOUGH_BETWEEN


def test_a_first_same_and_a_first_contradiction_are_asked_in_the_other_order():
    verdicts: dict[Pair, Sameness] = {(0, 1): "same", (3, 2): "contradicts", (4, 5): "different"}
    assert inquiry.to_confirm(verdicts, set(verdicts)) == [(1, 0), (2, 3)]
    answered = verdicts | {(1, 0): VERDICTS[0]}
    assert inquiry.to_confirm(answered, set(answered)) == [(2, 3)]


def test_only_weighty_groups_are_held_against_each_other():
    groups = [(0,), (1,), (2,)]
    likeness = {(0, 1): 0.9, (0, 2): 0.8, (1, 2): 0.2}
    assert inquiry.to_oppose(groups, likeness, set(), weighty={0, 2}) == [(0, 2)]
    assert inquiry.to_oppose(groups, likeness, {(2, 0)}, weighty={0, 2}) == []


def test_asking_ends_for_any_judge():
    """Every round asks something new, so the number of rounds is bounded by the number of pairs."""
    likeness = dict.fromkeys(combinations(range(6), 2), 0.5)
    for verdict in VERDICTS:
        verdicts: dict[Pair, Sameness] = {}
        for _ in permutations(range(6), 2):
            facts = same_facts(6, verdicts, apart=never)
            new = inquiry.to_confirm(verdicts, verdicts)
            new += inquiry.to_ask(facts, likeness, verdicts, verdicts)
            assert not set(new) & verdicts.keys()
            if not new:
                break
            verdicts |= dict.fromkeys(new, verdict)
        else:
            raise AssertionError(verdict)
