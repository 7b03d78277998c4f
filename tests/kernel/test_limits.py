"""Sizes: what fits is kept, one more names the field and the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import limits
from apps.kernel.errors import Invalid, LimitExceeded
from apps.memories.models import Memory

URL = "/api/v1/memories"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


def nested(depth):
    return {"a": nested(depth - 1)} if depth > 1 else {"a": 1}


@pytest.mark.parametrize(
    ("field", "fits", "too_much", "limit"),
    [
        ("text", "a" * 32_768, "a" * 32_769, "32,768"),
        ("text", "é" * 16_384, "é" * 16_384 + "a", "32,768"),
        ("metadata", {"k": "v" * 16_374}, {"k": "v" * 16_376}, "16,384"),
        ("metadata", nested(8), nested(9), "8 levels"),
        ("tags", [str(n) for n in range(50)], [str(n) for n in range(51)], "50"),
        ("tags", ["t" * 100], ["t" * 101], "100"),
    ],
    ids=["bytes", "bytes of UTF-8", "metadata", "depth", "tags", "a tag"],
)
def test_a_limit_is_422_and_names_field_and_limit(field, fits, too_much, limit, world, client_of):
    client = client_of(world.alice)
    kept = client.post(URL, {"text": "a", field: fits})
    assert kept.status_code == 201, kept.content
    for answer in (
        client.post(URL, {"text": "b", field: too_much}),
        client.patch(f"{URL}/{kept.json()['id']}", {field: too_much}),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["attr"], error["code"]) == (field, "limit_exceeded")
        assert limit in error["detail"]


def depth_of(value):
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(st.dictionaries(st.text(max_size=3), json_values))
def test_depth_is_counted_as_json_nests(metadata):
    if depth_of(metadata) <= limits.METADATA_DEPTH:
        assert limits.check_metadata(metadata) == metadata
    else:
        with pytest.raises(LimitExceeded, match="nested deeper than 8"):
            limits.check_metadata(metadata)


@given(st.text(), st.integers(0, 40))
def test_text_is_measured_in_bytes_of_utf_8(text, limit):
    if len(text.encode()) <= limit:
        assert limits.check_text(text, limit=limit) == text
    else:
        with pytest.raises(LimitExceeded, match=f"the limit is {limit} bytes"):
            limits.check_text(text, limit=limit)


def test_a_bulk_has_4_mib_of_text_at_most(world, client_of):
    items = [{"text": f"{n:03}" + "é" * 16_382} for n in range(128)]  # 32,767 bytes each
    client = client_of(world.alice)
    answer = client.post(f"{URL}/bulk", {"items": [*items, {"text": "a" * 129}]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["attr"], error["code"]) == ("items", "limit_exceeded")
    assert "4,194,305 bytes" in error["detail"]
    assert "4,194,304 bytes" in error["detail"]
    assert not Memory.objects.exists()


def test_the_limit_of_a_bulk_s_text_is_exact():
    limits.check_bulk_text(["é" * 1024 * 1024] * 2)
    with pytest.raises(LimitExceeded, match=r"items have 4,194,305 bytes"):
        limits.check_bulk_text(["é" * 1024 * 1024] * 2 + ["a"])


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_metadata_holds_finite_numbers_only(number):
    with pytest.raises(Invalid, match="not finite"):
        limits.check_metadata({"a": [{"b": number}]})
