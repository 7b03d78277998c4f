"""Cursors: opened by who sealed them, for what they were sealed for, and telling nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import cursors

WORDS = st.text(st.characters(codec="utf-8"), min_size=1)


@given(WORDS, WORDS)
def test_what_was_sealed_is_opened_for_its_purpose_only(text, purpose):
    sealed = cursors.seal(text, purpose=purpose)
    assert cursors.seal(text, purpose=purpose) == sealed
    assert cursors.opened(sealed, purpose=purpose) == text
    with pytest.raises(ValueError, match="no cursor"):
        cursors.opened(sealed, purpose=purpose + "x")


@pytest.mark.parametrize("given", ["", "bz0x", "é", "!", "A" * 5000, "AAAA" * 12])
def test_what_was_not_sealed_is_not_opened(given):
    with pytest.raises(ValueError, match="no cursor"):
        cursors.opened(given, purpose="page")


def test_another_key_opens_nothing(settings):
    sealed = cursors.seal("p=7", purpose="page")
    settings.SECRET_KEY = "another" * 8
    with pytest.raises(ValueError, match="no cursor"):
        cursors.opened(sealed, purpose="page")


def test_neighbouring_places_have_nothing_in_common():
    one, other = (cursors.seal(f"p={number}", purpose="page") for number in (41, 42))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < len(one) / 2


def test_pages_follow_each_other_and_name_no_row(world, write, client_of):
    """By the id in a cursor anybody could count what the whole hub keeps."""
    wrote = [str(write(world.bob, f"Fact {number}.").public_id) for number in range(5)]
    client, address, found = client_of(world.bob), "/api/v1/memories?page_size=2", []
    outcomes = [client.post("/api/v1/outcomes", {"task": "T", "success": True}, "json")
                for _ in range(3)]  # fmt: skip
    assert {one.status_code for one in outcomes} == {201}
    while address:
        page = client.get(address).json()
        found += [one["id"] for one in page["results"]]
        address = page["next"]
    assert sorted(found) == sorted(wrote)
    for path in ("memories", "outcomes"):
        link = client.get(f"/api/v1/{path}?page_size=2").json()["next"]
        with pytest.raises(ValueError, match="no cursor"):
            cursors.opened("cD0x", purpose="page")
        assert cursors.opened(link.partition("cursor=")[2].partition("&")[0], purpose="page")
    assert client.get("/api/v1/outcomes?cursor=cD0x").status_code == 404
