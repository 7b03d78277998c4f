"""What reviewers said of notes, brought to one answer, and what the grouping makes of it."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.curation.core.consensus import Verdicts
from apps.curation.core.grouping import Grouping
from apps.curation.core.groups import Group, GroupingSettings
from apps.curation.core.notes import Edge, Note
from apps.curation.core.rulings import Ruling, partition, settle
from tests.curation.test_grouping import complete, ids, note, notes, organisations

POLICY = GroupingSettings()
GRAIN = (
    "Grain silo B3 must be aired for 40 minutes before anyone climbs in",
    "nobody climbs into silo B3 unless it was aired 40 min, the gas sits low",
    "Air out silo B3 for forty or so before climbing in, low lying gas",
)
RUST = "Rust on the quay cleats comes from the de-icing salt"


def ruling(number: int, said, one, two) -> Ruling:
    return Ruling(number, said, (frozenset(one), frozenset(two)))


def grouped(said: list[Note], *rulings: Ruling, edges: list[Edge] | None = None) -> list[Group]:
    found = Grouping(said, complete(said) if edges is None else edges, POLICY, rulings=rulings)
    return list(found.groups())


def free(_: int, __: int) -> bool:
    return False


def test_what_was_joined_shares_a_group_however_unlike_it_is():
    said = notes(GRAIN[0], RUST)
    (only,) = grouped(said, ruling(1, "together", [1], [2]), edges=[])
    assert ids([only]) == [(1, 2)]
    assert only.statements == ((1, 2),)
    assert only.witnesses == ((1, 2),)
    assert {member.link for member in only.members} == {"certain", "reviewer"}
    assert only.reasons == ("reviewer",)
    assert only.confidence == 1.0


def test_what_was_split_shares_no_group_however_alike_it_is():
    said = notes(*GRAIN)
    assert ids(grouped(said)) == [(1, 2, 3)]
    found = grouped(said, ruling(1, "apart", [1, 3], [2]))
    assert sorted(ids(found)) == [(1, 3), (2,)]


def test_the_later_word_counts():
    said = notes(*GRAIN)
    joined, split = ("together", [1, 2], [3]), ("apart", [1, 2], [3])
    assert ids(grouped(said, ruling(1, *joined), ruling(2, *split))) == [(1, 2), (3,)]
    assert ids(grouped(said, ruling(1, *split), ruling(2, *joined))) == [(1, 2, 3)]


def test_an_earlier_join_holds_for_what_a_later_split_leaves_together():
    said = notes(GRAIN[0], RUST, "Bollards are painted in May")
    found = grouped(said, ruling(1, "together", [1], [2, 3]), ruling(2, "apart", [1], [3]))
    assert ids(found) == [(1, 2), (3,)]


def test_a_certain_rule_outweighs_a_reviewer():
    said = notes("Air silo B3 for 40 minutes", "Air silo B3 for 90 minutes")
    assert ids(grouped(said, ruling(1, "together", [1], [2]))) == [(1,), (2,)]


def test_a_relay_stays_one_witness_when_a_reviewer_joins_it():
    rumour = "The Lanark plant will be sold in June and nobody may know"
    said = [note(1, 1, rumour), note(2, 2, f"FYI everybody: {rumour}!!")]
    (only,) = grouped(said, ruling(1, "together", [1], [2]))
    assert only.independent_people == (1,)


def test_a_new_note_may_join_what_a_reviewer_joined_or_left():
    said = [*notes(*GRAIN), note(4, 4, "Silo B3: 40 minutes of air before anyone climbs in, gas")]
    assert (1, 3, 4) in ids(grouped(said, ruling(1, "apart", [1, 3], [2])))
    assert ids(grouped(said, ruling(1, "together", [1, 3], [2]))) == [(1, 2, 3, 4)]


def test_the_judge_cannot_join_what_a_reviewer_split_nor_is_it_asked():
    said = notes(*GRAIN[:2])
    grouping = Grouping(said, complete(said), POLICY, rulings=[ruling(1, "apart", [1], [2])])
    assert grouping.questions({}, ()) == []
    both: Verdicts = {(1, 2): "same", (2, 1): "same"}
    assert ids(grouping.groups(both, both)) == [(1,), (2,)]


def test_the_judge_does_not_oppose_what_a_reviewer_joined():
    said = notes(*GRAIN[:2])
    grouping = Grouping(said, complete(said), POLICY, rulings=[ruling(1, "together", [1], [2])])
    denied: Verdicts = {(1, 2): "contradicts", (2, 1): "contradicts"}
    (only,) = grouping.groups(denied, denied)
    assert only.opposed == ()


def test_without_rulings_nobody_is_tied():
    assert settle([], {}, vetoed=free) == settle([ruling(1, "together", [7], [8])], {}, vetoed=free)
    assert list(partition(3, ())) == [(0,), (1,), (2,)]
    assert list(partition(4, [(1, 3)])) == [(0,), (1, 3), (2,)]


sides = st.frozensets(st.integers(1, 6), min_size=1, max_size=4)
said = st.lists(st.tuples(st.sampled_from(["together", "apart"]), sides, sides), max_size=6)


@given(said, st.randoms(), st.frozensets(st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_ties_never_depend_on_the_order_and_contradict_nothing(spoken, dice, vetoes):
    rulings = [Ruling(n, kind, (one, two)) for n, (kind, one, two) in enumerate(spoken)]
    place = {item: item for item in range(1, 7)}

    def vetoed(a: int, b: int) -> bool:
        return (a, b) in vetoes

    found = settle(rulings, place, vetoed=vetoed)
    dice.shuffle(rulings)
    assert settle(rulings, place, vetoed=vetoed) == found
    for group in found.together:
        for pair in combinations(group, 2):
            assert pair not in found.apart
            assert not vetoed(*pair)


@given(said)
def test_the_newest_word_holds(spoken):
    rulings = [Ruling(n, kind, (one, two)) for n, (kind, one, two) in enumerate(spoken)]
    found = settle(rulings, {item: item for item in range(1, 7)}, vetoed=free)
    if rulings and rulings[-1].said == "apart":
        one, two = rulings[-1].sides
        assert found.apart >= {(min(a, b), max(a, b)) for a in one for b in two if a != b}
    elif rulings and len(items := rulings[-1].sides[0] | rulings[-1].sides[1]) > 1:
        assert any(items <= set(group) for group in found.together)


@settings(deadline=None)
@given(organisations(), said, st.randoms(use_true_random=False))
def test_groups_obey_rulings_in_any_order(organisation, spoken, dice):
    people, edges = organisation
    rulings = [Ruling(n, kind, (one, two)) for n, (kind, one, two) in enumerate(spoken)]
    grouping = Grouping(people, edges, POLICY, rulings=rulings)
    found = grouping.groups()
    home = {member.note: number for number, one in enumerate(found) for member in one.members}
    for group in grouping.ties.together:
        assert len({home[grouping.notes[grouping.sets[s][0]].id] for s in group}) == 1
    for a, b in grouping.ties.apart:
        one, two = (grouping.notes[grouping.sets[s][0]].id for s in (a, b))
        assert home[one] != home[two]
    shuffled = list(people)
    dice.shuffle(shuffled)
    dice.shuffle(rulings)
    assert Grouping(shuffled, edges, POLICY, rulings=rulings).groups() == found
