"""What a note speaks of, as tables and laws."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.graph.core.dates import dates
from apps.graph.core.extraction import MOST, Extract, Note, extract
from apps.graph.core.names import LONGEST, Name, codes, named, normalise

THEN = datetime(2026, 3, 1, tzinfo=UTC)


def read(text: str = "", *, known: list[Name] | None = None, **fields: Any) -> Extract:
    note = Note(**{"text": text, "tags": (), "metadata": {}, "occurred_at": THEN, **fields})
    return extract(note, known or ())


def named_in(extracted: Extract) -> set[tuple[str, str]]:
    return {(mention.name.type, mention.name.normalised) for mention in extracted.mentions}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pump E-204 drips; see INC-1042/B and E-204.", ["E-204", "INC-1042/B"]),
        ("Written with a long dash: E–204.", ["E-204"]),
        ("Files are UTF-8, hashes SHA-256, ISO-9001 holds.", []),
        ("x-204, E-, 12-12, PRE-E-204, E-204-", []),
        ("CVE-2024-31337 is fixed", ["CVE-2024-31337"]),
    ],
)
def test_codes(text: str, found: list[str]):
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("On 2026-06-04 and again on 4 June 2026.", ["2026-06-04"]),
        ("June 4, 2026; Jun. 5, 2026; 6. June 2026", ["2026-06-04", "2026-06-05", "2026-06-06"]),
        ("Since June 2026.", ["2026-06"]),
        ("2026-13-40, 31 June 2026, version 2026-06-041", []),
    ],
)
def test_dates(text: str, found: list[str]):
    assert dates(text) == found


def test_what_metadata_declares():
    extracted = read(
        "Nothing of note.",
        metadata={
            "customer": "Northwind  Traders",
            "product": ["Heater", "heater", 7, "", None],
            "entities": [{"type": "line", "name": "L1"}, {"type": "No Type", "name": "x"}, "bare"],
        },
        tags=["Cooling"],
    )
    assert named_in(extracted) == {
        ("customer", "northwind traders"), ("product", "heater"), ("line", "l1"),
        ("thing", "bare"), ("tag", "cooling"),
    }  # fmt: skip
    assert extracted.claims == ()


def test_a_declared_relation_takes_types_from_what_is_declared_beside_it():
    extracted = read(
        metadata={
            "customer": "Northwind",
            "relations": [{"subject": "E-204", "type": "used_by", "object": "northwind"}],
        }
    )
    (claim,) = extracted.claims
    assert (claim.subject.type, claim.type, claim.object.type) == ("code", "used_by", "customer")
    assert (claim.start, claim.end) == (THEN, None)
    assert ("code", "e-204") in named_in(extracted)


@pytest.mark.parametrize(
    "relation",
    [
        "E-204 part_of line 3",
        {"subject": "E-204", "type": "part of", "object": "L3"},
        {"subject": "E-204", "type": "part_of"},
        {"subject": "E-204", "type": "part_of", "object": "e-204"},
        {"subject": "E-204", "type": "part_of", "object": "L3", "valid_from": "yesterday"},
        {"subject": "E-204", "type": "part_of", "object": "L3", "valid_to": "2026-01-01"},
        {"subject": {"type": "code"}, "type": "part_of", "object": "L3"},
        {"subject": "E" * (LONGEST + 1), "type": "part_of", "object": "L3"},
    ],
)
def test_what_cannot_be_read_is_no_relation(relation: object):
    assert read(metadata={"relations": [relation]}).claims == ()


def test_known_names_are_found_as_whole_words():
    heater = Name("product", "glow heater", "Glow Heater")
    tag = Name("tag", "warm", "warm")
    assert named_in(read("The GLOW heater, warm.", known=[heater, tag])) == {
        ("product", "glow heater")
    }
    assert named_in(read("The glow heaters.", known=[heater])) == set()


def test_no_more_than_the_limit():
    many = {"product": [f"P {n}" for n in range(MOST * 2)]}
    assert len(read(metadata=many).mentions) == MOST


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_prose_relates_nothing(text: str, tags: list[str]):
    extracted = read(text, tags=tags)
    assert extracted.claims == ()
    assert extracted == read(text, tags=tags)
    assert all(mention.name.normalised for mention in extracted.mentions)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "name", "subject", "object", "valid_from", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["customer", "entities", "relations", "x"]), JSON))
def test_any_metadata_is_read_and_both_ends_are_mentioned(metadata: dict[str, Any]):
    extracted = read(metadata=metadata)
    mentioned = {mention.name for mention in extracted.mentions}
    for claim in extracted.claims:
        assert {claim.subject, claim.object} <= mentioned
        assert claim.start is not None
        assert claim.end is None or claim.end - claim.start > timedelta(0)


@given(st.text(max_size=60))
def test_a_normalised_name_is_its_own(text: str):
    name = named("thing", text)
    if name is not None:
        assert normalise(name.normalised) == name.normalised
