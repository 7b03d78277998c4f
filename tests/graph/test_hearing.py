"""What a model says of a text counts only as far as the text bears it out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.graph.core.extraction import Note, extract
from apps.graph.core.hearing import HEARD, MOST, RELATIONS, heard, supported
from apps.graph.core.names import Name, normalise

THEN = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = "Since 2026-06-04 pump E-204 is part of Line 3. Halden supplies it; Ann works on it."
PART = {
    "subject": "E-204", "type": "part_of", "object": "Line 3",
    "quote": "pump E-204 is part of Line 3", "valid_from": "2026-06-04", "valid_to": "",
}  # fmt: skip


def said(*relations: Any, entities: Any = ()) -> dict[str, Any]:
    return {"entities": list(entities), "relations": list(relations)}


def test_a_quoted_relation_is_kept_with_its_date():
    kept = supported(TEXT, said(PART))["relations"]
    assert kept == [
        {"subject": "E-204", "type": "part_of", "object": "Line 3", "valid_from": "2026-06-04"}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "pump E-204 is part of Line 4"},
        {"quote": "Halden supplies it"},  # without the ends
        {"quote": "E-204 Line 3"},
        {"object": "Line"},  # half a name: "Line 3" goes on, but it stands as words: see below
        {"object": "E-20"},
        {"object": "e-204"},
        {"object": "Hall 9"},
        {"type": "destroys"},
        {"type": "PART_OF"},
        {"type": None},
        {"subject": 7},
        {"subject": {"id": 1}},
        {"quote": None},
        {"quote": ""},
    ],
)
def test_what_the_text_does_not_bear_out_is_left_out(change):
    kept = supported(TEXT, said({**PART, **change}))["relations"]
    assert kept == ([] if change != {"object": "Line"} else [
        {"subject": "E-204", "type": "part_of", "object": "Line", "valid_from": "2026-06-04"}
    ])  # fmt: skip


def test_a_date_that_is_not_in_the_text_is_no_date():
    kept = supported(TEXT, said({**PART, "valid_from": "2020-01-01", "valid_to": "2030"}))
    assert "valid_from" not in kept["relations"][0]
    assert "valid_to" not in kept["relations"][0]


def test_entities_stand_in_the_text_and_have_a_type_that_exists():
    kept = supported(TEXT, said(entities=[
        {"type": "supplier", "name": "Halden"}, {"type": "god", "name": "Ann"},
        {"type": "customer", "name": "Globex"}, "Line 3", {"name": 3},
    ]))["entities"]  # fmt: skip
    assert kept == [{"type": "supplier", "name": "Halden"}, {"type": "thing", "name": "Ann"}]


def test_a_name_that_is_known_keeps_its_type_and_its_certainty():
    note = Note(TEXT, (), {"machine": "Line 3"}, THEN)
    read = extract(note)
    found = heard(note, supported(TEXT, said(
        PART, entities=[{"type": "site", "name": "line 3"}, {"type": "person", "name": "Ann"}]
    )), read)  # fmt: skip
    sure = {(m.name.type, m.name.normalised): m.confidence for m in found.mentions}
    assert sure == {
        ("machine", "line 3"): 1.0, ("person", "ann"): HEARD, ("code", "e-204"): 0.9,
        ("date", "2026-06-04"): 0.9,
    }  # fmt: skip
    (claim,) = found.claims
    assert (claim.subject, claim.type, claim.object, claim.confidence) == (
        Name("code", "e-204", ""), "part_of", Name("machine", "line 3", ""), HEARD,
    )  # fmt: skip
    assert claim.start == datetime(2026, 6, 4, tzinfo=UTC)


def test_names_in_scripts_without_spaces_are_found():
    kept = supported("北京仓库由哈尔登供货。", said(
        {**PART, "subject": "哈尔登", "type": "supplies", "object": "北京仓库",
         "quote": "北京仓库由哈尔登供货"}
    ))  # fmt: skip
    assert len(kept["relations"]) == 1


ANYTHING = st.recursive(
    st.none() | st.floats() | st.text(max_size=30) | st.sampled_from(sorted(RELATIONS)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["entities", "relations", "subject", "object", "type", "quote", "name",
                         "id", "space", "valid_from"]), inner, max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@example(text="", answer={"relations": [{"type": []}], "entities": [{"type": {}, "name": []}]})
@given(text=st.text(max_size=200), answer=ANYTHING)
def test_whatever_it_says_nothing_is_raised_and_nothing_is_made_up(text, answer):
    kept = supported(text, answer if isinstance(answer, dict) else {})
    note = Note(text, (), {}, THEN)
    found = heard(note, kept, extract(note))
    plain = normalise(text)
    names = {normalise(one["name"]) for one in kept["entities"]}
    names |= {normalise(one[end]) for one in kept["relations"] for end in ("subject", "object")}
    assert all(name in plain for name in names)
    assert max(len(kept["entities"]), len(kept["relations"])) <= MOST
    assert {claim.type for claim in found.claims} <= RELATIONS
