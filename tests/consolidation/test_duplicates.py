"""Laws of what becomes one: pure, for any memories in any order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.consolidation.core.duplicates import possible, same
from apps.consolidation.core.pieces import SENSITIVITIES, Piece, Whole, strictest, whole
from apps.curation.core.groups import Group, Member
from tests.consolidation.pieces import NOON, TEXTS, piece, pieces

SOME = pieces()


def carried_out(given: list[Piece], found: tuple[Whole, ...]) -> list[Piece]:
    """The space after the merges: results in place of their sources."""
    by_id = {one.id: one for one in given}
    gone = {pk for one in found for pk in one.sources}
    left = [one for one in given if one.id not in gone]
    for number, one in enumerate(found):
        lead = by_id[one.lead]
        left.append(
            piece(
                1000 + number,
                lead.note.text,
                person=lead.note.person,
                kind=lead.note.kind,
                tags=one.tags,
                metadata=one.metadata,
                sensitivity=one.sensitivity,
                valid_to=lead.valid_to,
                expires_at=one.expires_at,
            )
        )
    return left


@given(SOME)
def test_twice_is_once(given_):
    once = carried_out(given_, same(given_))
    assert same(once) == ()


@given(SOME, st.randoms(use_true_random=False))
def test_the_order_is_irrelevant(given_, chance):
    mixed = list(given_)
    chance.shuffle(mixed)
    assert same(mixed) == same(given_)


@given(SOME)
def test_no_source_is_lost_or_used_twice(given_):
    used = [pk for one in same(given_) for pk in one.sources]
    assert len(used) == len(set(used))
    assert set(used) <= {one.id for one in given_}
    assert all(len(one.sources) > 1 and one.lead in one.sources for one in same(given_))


@given(SOME)
def test_a_result_is_as_strict_as_the_strictest_of_its_sources(given_):
    by_id = {one.id: one for one in given_}
    for found in same(given_):
        sources = [by_id[pk] for pk in found.sources]
        ranks = [SENSITIVITIES.index(one.sensitivity) for one in sources]
        assert SENSITIVITIES.index(found.sensitivity) == max(ranks)
        assert ("private" in found.tags) == any("private" in one.note.tags for one in sources)
        assert {one.space for one in sources} == {found.space}
        assert {one.expires_at for one in sources} == {found.expires_at}
        assert {one.note.kind for one in sources} & {"summary", "brief"} == set()


@given(SOME)
def test_nothing_is_said_that_a_source_contradicts(given_):
    by_id = {one.id: one for one in given_}
    for found in same(given_):
        for name, value in found.metadata.items():
            said = [by_id[pk].note.metadata.get(name, value) for pk in found.sources]
            assert set(said) == {value}
        confirmed = [by_id[pk].corroborated_at for pk in found.sources]
        assert found.corroborated_at in confirmed  # no confirmation is made up


@given(SOME)
def test_what_a_person_wants_apart_stays_apart(given_):
    found = same(given_)
    by_id = {one.id: one for one in given_}
    apart = [{pk: by_id[pk].hash for pk in one.sources} for one in found]
    again = same(given_, apart)
    for words in apart:
        assert not any(len(words.keys() & set(one.sources)) > 1 for one in again)


@given(SOME)
def test_nothing_crosses_a_space(given_):
    elsewhere = piece(500, space=2)
    with pytest.raises(ValueError, match="space"):
        same([*given_, piece(501), elsewhere])
    with pytest.raises(ValueError, match="space"):
        whole([*given_, piece(501), elsewhere])


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        (piece(1), piece(2), True),
        (piece(1, TEXTS[0]), piece(2, TEXTS[1]), True),
        (piece(1), piece(2, TEXTS[2]), False),  # another number
        (piece(1), piece(2, TEXTS[3]), False),  # a negation
        (piece(1), piece(2, kind="decision"), False),
        (piece(1), piece(2, valid_to=NOON), False),
        (piece(1), piece(2, expires_at=NOON), False),
        (piece(1, kind="summary"), piece(2, kind="summary"), False),
        (piece(1, metadata={"customer": "Acme"}), piece(2, metadata={"customer": "Bolt"}), False),
        (piece(1, metadata={"customer": "Acme"}), piece(2), False),
        (piece(1, metadata={"wing": "East"}), piece(2, metadata={"floor": 2}), True),
        (piece(1, "..."), piece(2, "!!!"), False),
    ],
)
def test_what_is_the_same(a, b, one):
    found = same([b, a])
    assert bool(found) is one
    if one:
        assert found[0].lead == 1  # who said it first


def test_other_words_end_what_was_wanted_apart():
    now = [piece(1), piece(2)]
    assert same(now, [{1: now[0].hash, 2: now[1].hash}]) == ()
    assert same(now, [{1: now[0].hash, 2: "other words then"}]) != ()
    third = piece(3)
    assert same([*now, third], [{1: now[0].hash, 2: now[1].hash}]) == ()


def test_tags_and_metadata_stay_within_what_a_memory_may_hold():
    many = [piece(n, tags=tuple(f"t{n}-{m}" for m in range(40))) for n in (1, 2)]
    found = whole([*many, piece(3, tags=("private",))])
    assert (len(found.tags), found.tags[0]) == (50, "private")
    large = [piece(n, metadata={f"k{n}": "x" * 10_000}) for n in (1, 2)]
    assert set(whole(large).metadata) == {"k1"}


def test_the_strictest_of_none_is_an_error():
    assert strictest(["normal", "secret", "restricted"]) == "secret"
    for wrong, said in (([], "empty"), (["open"], "not in")):
        with pytest.raises(ValueError, match=said):
            strictest(wrong)


def group(*members: int, confidence: float = 0.9) -> Group:
    return Group(
        members=tuple(Member(pk, "likely", 0.9) for pk in members),
        statements=tuple((pk,) for pk in members),
        witnesses=(),
        people=(1,),
        independent_people=(1,),
        canonical=members[0],
        confidence=confidence,
        opposed=(),
        reasons=("words",),
    )


def test_what_seems_the_same_is_proposed_once():
    held = {n: piece(n, text) for n, text in ((1, TEXTS[0]), (2, TEXTS[3]), (3, TEXTS[4]))}
    found = possible([group(2, 1)], held, min_confidence=0.5)
    assert [(one.sources, one.lead) for one in found] == [((1, 2), 2)]
    assert possible([group(1, 2, confidence=0.4)], held, min_confidence=0.5) == ()
    assert possible([group(1)], held, min_confidence=0.5) == ()
    assert possible([group(1, 99)], held, min_confidence=0.5) == ()  # not to be touched
    refused = [{1: held[1].hash, 2: held[2].hash, 3: held[3].hash}]
    assert possible([group(1, 2)], held, min_confidence=0.5, refused=refused) == ()
    changed = [{1: held[1].hash, 2: "other words then"}]
    assert len(possible([group(1, 2)], held, min_confidence=0.5, refused=changed)) == 1


def test_kinds_and_privacy_are_not_mixed():
    held = {1: piece(1), 2: piece(2, TEXTS[3], kind="decision"), 3: piece(3, TEXTS[3],
            tags=("private",))}  # fmt: skip
    assert possible([group(1, 2), group(1, 3)], held, min_confidence=0.1) == ()


def test_a_shuffled_hundred_is_one_per_fact():
    many = [piece(n, f"Machine {n % 10} stands in hall {n % 10}.") for n in range(1, 101)]
    random.Random(7).shuffle(many)
    found = same(many)
    assert [len(one.sources) for one in found] == [10] * 10
