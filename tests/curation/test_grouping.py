import pstats
from collections.abc import Iterable, Iterator, Sequence
from cProfile import Profile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.curation.core.facets import Names
from apps.curation.core.grouping import group
from apps.curation.core.groups import Group, GroupingSettings, worth_review
from apps.curation.core.linkage import Linkage
from apps.curation.core.notes import Edge, Note
from apps.curation.core.overlap import Vocabulary
from apps.curation.core.rules import Reading, differences, read
from apps.curation.core.statements import statements

START = datetime(2026, 5, 4, tzinfo=UTC)
POLICY = GroupingSettings()
CRANE = "The harbour crane is out of service until the inspector has signed the log"
GRAIN = (
    "Grain silo B3 must be aired for 40 minutes before anyone climbs in",
    "nobody climbs into silo B3 unless it was aired 40 min, the gas sits low",
    "Silo B3: 40 Minuten lüften vor dem Einstieg",
)


def note(number: int, person: int, text: str, **metadata: object) -> Note:
    moment = START + timedelta(hours=number)
    return Note(number, person, text, "fact", (), metadata, moment)


def notes(*texts: str) -> list[Note]:
    return [note(i, i, text) for i, text in enumerate(texts, 1)]


def complete(found: Sequence[Note], cosine: float = 0.5) -> list[Edge]:
    return [Edge(a.id, b.id, cosine, 0.0) for a, b in combinations(found, 2)]


def ids(found: Iterable[Group]) -> list[tuple[int, ...]]:
    return [tuple(member.note for member in one.members) for one in found]


def test_a_note_alone_is_a_group_that_nobody_needs_to_review():
    (only,) = group(notes("Keep the ladder dry"), [], POLICY)
    assert (ids([only]), only.canonical, only.confidence) == ([(1,)], 1, 1.0)
    assert only.reasons == ()
    assert not worth_review(only, POLICY)


def test_no_notes_make_no_groups():
    assert group([], [], POLICY) == ()


def test_three_people_in_their_own_words_make_one_likely_group_worth_review():
    found = notes(*GRAIN)
    (one,) = group(found, complete(found), POLICY)
    assert one.independent_people == one.people == (1, 2, 3)
    assert one.statements == ((1,), (2,), (3,))
    assert {"shared_code", "shared_number", "meaning"} <= set(one.reasons)
    assert worth_review(one, POLICY)


def test_only_notes_that_certainly_say_what_the_canonical_says_are_certain():
    found = notes(*GRAIN, f"{GRAIN[0].upper()}!", f"FYI: {GRAIN[0]}")
    (one,) = group(found, complete(found), POLICY)
    links = {member.note: member.link for member in one.members}
    assert set(one.statements) == {(1, 4), (2,), (3,), (5,)}
    assert one.canonical == 1
    assert links == {1: "certain", 2: "likely", 3: "likely", 4: "certain", 5: "likely"}


@pytest.mark.parametrize("addition", [" and hand the keys to Bruno", ". Thanks", " or call Bruno"])
def test_what_somebody_adds_to_a_message_inherits_nothing(addition):
    found = notes(GRAIN[0], GRAIN[1], f"{GRAIN[0]}{addition}")
    (one,) = group(found, complete(found, 0.9), POLICY)
    assert set(one.statements) == {(1,), (2,), (3,)}
    assert one.independent_people == (1, 2)
    assert one.canonical != 3


def test_the_canonical_is_no_relay_however_much_of_the_group_it_repeats():
    relay = f"{GRAIN[0]}: silo B3, aired 40 min, the gas sits low, pay Bruno"
    found = notes(*GRAIN[:2], *[relay] * 9)
    (one,) = group(found, complete(found, 0.9), POLICY)
    assert one.people == tuple(range(1, 12))
    assert one.independent_people == (1, 2)
    assert one.canonical in (1, 2)


def test_a_witness_who_also_relays_does_not_lend_the_relay_a_voice():
    relay = f"{GRAIN[0]}: silo B3, aired 40 min, the gas sits low, pay Bruno"
    found = [note(1, 1, GRAIN[0]), note(2, 2, GRAIN[1]), note(3, 2, relay)]
    (one,) = group(found, complete(found, 0.9), POLICY)
    assert one.independent_people == (1, 2)
    assert one.canonical in (1, 2)


def test_the_canonical_holds_most_of_what_the_members_share():
    texts = (
        "Air silo B3",
        "Air silo B3 for 40 minutes",
        "Air silo B3 for 40 minutes, gas sits low",
    )
    found = notes(*texts, "In B3 gas sits low: air it 40 minutes")
    (one,) = group(found, complete(found, 0.8), POLICY)
    assert one.canonical == 3


def test_a_relayed_rumour_is_one_witness_and_not_worth_review():
    wrapped = [CRANE, CRANE, f"Fwd: {CRANE}", f"Hello team, {CRANE}. Thanks!", CRANE.upper()]
    found = notes(*wrapped)
    (one,) = group(found, complete(found, 0.99), POLICY)
    assert one.people == (1, 2, 3, 4, 5)
    assert one.independent_people == (1,)
    assert "one_message" in one.reasons
    assert not worth_review(one, POLICY)


def test_edited_copies_of_a_rumour_are_one_witness_even_where_no_search_links_them():
    copies = [CRANE.replace("signed", word) for word in ("signed", "stamped", "read")]
    found = notes(*copies)
    chain = [Edge(1, 2, 0.99, 0.0), Edge(2, 3, 0.99, 0.0)]
    (one,) = group(found, chain, POLICY)
    assert len(one.statements) == 3
    assert one.independent_people == (1,)


def test_the_witness_of_a_message_is_its_earliest_author():
    late, early = note(1, 7, CRANE), note(2, 8, CRANE)
    early = replace(early, recorded_at=START - timedelta(days=1))
    (one,) = group([late, early], [], POLICY)
    assert one.independent_people == (8,)


def test_a_person_who_relays_and_also_writes_is_a_witness():
    found = [note(1, 1, GRAIN[0]), note(2, 2, GRAIN[0]), note(3, 2, GRAIN[1])]
    (one,) = group(found, complete(found), POLICY)
    assert one.independent_people == (1, 2)


def test_identical_texts_join_without_any_candidate_pair():
    found = notes(CRANE, f"{CRANE}!", "Keep the ladder dry")
    assert ids(group(found, [], POLICY)) == [(1, 2), (3,)]


def test_a_hundred_repetitions_by_one_person_count_once():
    found = [note(i, 9, f"{GRAIN[i % 3]}{'!' * (i // 3)}") for i in range(1, 101)]
    near = [Edge(i, j, 0.6, 0.0) for i in range(1, 101) for j in range(i + 1, min(i + 9, 101))]
    made = group(found, near, POLICY)
    assert [one.independent_people for one in made] == [(9,)]
    assert "one_person" in made[0].reasons
    assert not worth_review(made[0], POLICY)


def spellings(count: int) -> list[str]:
    letters = "".join(filter(str.isalpha, CRANE)).lower()
    return [
        "".join(f"{c} " if number >> i & 1 else c for i, c in enumerate(letters))
        for number in range(count)
    ]


def work(found: Sequence[Note], near: Sequence[Edge]) -> int:
    """Calls of functions while grouping, those of the interpreter's own included."""
    profile = Profile()
    profile.runcall(group, found, near, POLICY)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def near_copies(count: int) -> list[Note]:
    body = "alpha beta gamma delta " * 30
    return notes(*(f"{body}x{'abcdefghij'[i // 10]}{'abcdefghij'[i % 10]}" for i in range(count)))


def ring(found: Sequence[Note], reach: int = 12) -> list[Edge]:
    return [
        Edge(a.id, b.id, 0.99, 0.0) for i, a in enumerate(found) for b in found[i + 1 :][:reach]
    ]


def test_one_look_at_each_note_finds_the_statements():
    looks = 0

    class Watched(list[Reading]):
        def __iter__(self) -> Iterator[Reading]:
            nonlocal looks
            for reading in super().__iter__():
                looks += 1
                yield reading

        def __getitem__(self, place: object) -> Never:
            raise AssertionError(f"{place} was read again")

    readings = Watched(read(one) for one in notes(*spellings(300)))
    assert [len(members) for members in statements(readings, limit=64)] == [64, 64, 64, 64, 44]
    assert looks == 300


def test_equal_texts_share_a_statement_however_many_there_are():
    found = notes(*[CRANE] * 500)
    (one,) = group(found, [], POLICY)
    assert len(one.statements) == 1


def test_twice_the_spellings_of_one_text_are_twice_the_work():
    few, many = notes(*spellings(256)), notes(*spellings(512))
    assert work(many, []) < 2.5 * work(few, [])


def test_twice_the_near_copies_of_one_text_are_twice_the_work():
    few, many = near_copies(50), near_copies(100)
    assert work(many, ring(many)) < 2.5 * work(few, ring(few))


@pytest.mark.parametrize(
    "near_miss",
    [
        GRAIN[0].replace("B3", "B5"),
        GRAIN[0].replace("40", "15"),
        GRAIN[0].replace("minutes", "seconds"),
        GRAIN[0].replace("must", "must not"),
    ],
)
def test_a_near_miss_stays_outside_however_close_it_is(near_miss):
    found = notes(GRAIN[0], GRAIN[1], near_miss)
    assert (1, 2) in ids(group(found, complete(found, 0.99), POLICY))


def test_the_same_sentence_about_two_customers_makes_two_groups():
    found = [
        note(1, 1, "Pays after 26 days", customer="Ostrava Mills"),
        note(2, 2, "Pays after 26 days", customer="Tarn Foods"),
        note(3, 3, "Tarn pays after 26 days"),
    ]
    assert ids(group(found, complete(found, 0.95), POLICY)) == [(1,), (2, 3)]


def test_a_chain_of_look_alikes_does_not_become_one_group():
    texts = [f"{w} {x} {y}" for w, x, y in zip("abcdef", "bcdefg", "cdefgh", strict=True)]
    found = notes(*(text.replace(" ", "cious ") for text in texts))
    chain = [Edge(i, i + 1, 0.6, 0.0) for i in range(1, 6)]
    assert max(map(len, ids(group(found, chain, POLICY)))) <= 3


def test_unknown_duplicate_and_reversed_pairs_do_no_harm():
    found = notes(*GRAIN)
    noisy = [*complete(found), Edge(2, 1, 0.5, 0.9), Edge(1, 1, 1.0, 1.0), Edge(1, 99, 1.0, 1.0)]
    assert group(found, noisy, POLICY) == group(found, complete(found), POLICY)


def test_min_people_and_min_confidence_decide_what_a_reviewer_sees():
    found = notes(*GRAIN[:2])
    (one,) = group(found, complete(found), POLICY)
    assert worth_review(one, POLICY)
    assert not worth_review(one, replace(POLICY, min_people=3))
    assert not worth_review(one, replace(POLICY, min_confidence=0.99))


def test_groups_stay_within_their_limit():
    found = notes(*(f"Silo B3 needs airing, remark {word}" for word in ("alpha", "beta", "gamma")))
    small = replace(POLICY, max_statements=2)
    assert max(map(len, ids(group(found, complete(found, 0.9), small)))) == 2


def test_a_vocabulary_of_many_notes_makes_common_words_count_less():
    found = notes("silo airing due", "silo airing late")
    common = Vocabulary(10_000, {"silo": 9_000, "airin": 9_000})
    rare = Vocabulary(10_000, {"silo": 2, "airin": 2})
    low, high = (
        group(found, complete(found, 0.6), POLICY, vocabulary=counts) for counts in (common, rare)
    )
    assert (len(low), len(high)) == (2, 1)


def test_linkage_averages_over_pairs_that_no_search_proposed():
    links = {(0, 1): 0.9, (1, 2): 0.6}
    never = Linkage(3, links, threshold=0.5).clusters(limit=9, apart=lambda _a, _b: False)
    assert never == ((0, 1), (2,))
    wide = Linkage(3, links, threshold=0.3).clusters(limit=9, apart=lambda _a, _b: False)
    assert wide == ((0, 1, 2),)


def test_linkage_weighs_items_and_asks_for_a_veto_once_a_pair():
    asked: list[tuple[int, int]] = []

    def apart(a: int, b: int) -> bool:
        asked.append((a, b))
        return {a, b} == {0, 3}

    near = {(0, 1): 0.9, (0, 2): 0.7, (1, 2): 0.7, (0, 3): 0.8, (1, 3): 0.8, (0, 4): 0.9}
    linkage = Linkage(5, near, threshold=0.1)
    made = linkage.clusters(limit=4, apart=apart, weights=[1, 1, 1, 1, 4])
    assert made == ((0, 1, 2), (3,), (4,))
    assert len(asked) == len(set(asked))


def test_linkage_respects_a_veto_between_any_two_members():
    links = {(0, 1): 0.9, (1, 2): 0.9, (0, 2): 0.9}
    made = Linkage(3, links, threshold=0.1).clusters(limit=9, apart=lambda a, b: {a, b} == {0, 2})
    assert made == ((0, 1), (2,))


PHRASES = (
    *GRAIN,
    CRANE,
    f"Fwd: {CRANE}",
    CRANE.upper(),
    "Grain silo B5 must be aired for 40 minutes",
    "Grain silo B3 must be aired for 15 minutes",
    "Grain silo B3 must not be aired",
    "サイロB3は40分換気する",
    f"{CRANE} and pay Bruno",
    f"{CRANE[:20]} {CRANE[20:]}",
    "Tarn pays after 26 days",
    "",
)
NOTES = st.lists(
    st.tuples(
        st.sampled_from(PHRASES),
        st.integers(1, 4),
        st.sampled_from([{}, {"customer": "Tarn Foods"}, {"customer": "Ostrava Mills"}]),
    ),
    max_size=12,
).map(lambda rows: [note(i, who, text, **meta) for i, (text, who, meta) in enumerate(rows)])


@st.composite
def organisations(draw: st.DrawFn) -> tuple[list[Note], list[Edge]]:
    found = draw(NOTES)
    pairs = list(combinations(range(len(found)), 2))
    cosines = draw(st.lists(st.floats(-1, 1), min_size=len(pairs), max_size=len(pairs)))
    kept = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    near = [Edge(a, b, c, 0.0) for (a, b), c, k in zip(pairs, cosines, kept, strict=True) if k]
    return found, near


@settings(deadline=None)
@given(organisations(), st.randoms(use_true_random=False))
def test_the_order_of_notes_and_pairs_never_matters(organisation, dice):
    found, near = organisation
    shuffled, turned = list(found), [Edge(e.b, e.a, e.cosine, e.lexical) for e in near]
    dice.shuffle(shuffled)
    dice.shuffle(turned)
    assert group(shuffled, turned, POLICY) == group(found, near, POLICY)


@settings(deadline=None)
@given(organisations())
def test_groups_partition_the_notes_and_statements_partition_a_group(organisation):
    found, near = organisation
    made = group(found, near, POLICY)
    assert sorted(i for one in ids(made) for i in one) == [n.id for n in found]
    for one, members in zip(made, ids(made), strict=True):
        assert sorted(i for said in one.statements for i in said) == list(members)
        assert one.canonical in members
        assert set(one.independent_people) <= set(one.people)
        speaker = {n.id: n.person for n in found}[one.canonical]
        assert speaker in one.independent_people
        assert 0.0 <= one.confidence <= 1.0


@settings(deadline=None)
@given(organisations())
def test_no_vetoed_pair_ever_shares_a_group(organisation):
    found, near = organisation
    names = Names.of(found)
    readings = {n.id: read(n, names) for n in found}
    for members in ids(group(found, near, POLICY)):
        for a, b in combinations(members, 2):
            assert differences(readings[a], readings[b]) == ()


@settings(deadline=None)
@given(organisations(), st.integers(5, 9))
def test_relaying_what_somebody_said_adds_no_witness(organisation, newcomer):
    found, near = organisation
    if not found:
        return
    first = found[0]
    later = START + timedelta(days=1)
    copy = replace(first, id=99, person=newcomer, recorded_at=later)
    made = group([*found, copy], near, POLICY)
    assert all(newcomer not in one.independent_people for one in made)
