"""What changes word by word, and that no text makes it slow or unsafe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.desk.diff import MOST_WORDS, Piece, diff, share_kept, words
from apps.desk.templatetags.desk import word_diff

texts = st.text(st.sampled_from("ab <>&\n日本\u202e👩\u200d🔧é.")) | st.text()


def shape(old: str, new: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in diff(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("", "", []),
        ("same", "same", [("same", "same")]),
        ("Order by noon.", "Order by 14:00.",
         [("same", "Order by "), ("gone", "noon"), ("new", "14:00"), ("same", ".")]),
        ("请先重启打印机", "请重启打印机",
         [("same", "请"), ("gone", "先"), ("same", "重启打印机")]),
        ("", "all new", [("new", "all new")]),
    ],
)  # fmt: skip
def test_words_are_compared(old, new, pieces):
    assert shape(old, new) == pieces


@given(texts, texts)
def test_both_texts_can_be_read_off_it(old, new):
    pieces = diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new
    assert 0 <= share_kept(pieces) <= 1
    assert (share_kept(pieces) == 1) == (old == new)


@given(texts)
def test_words_are_the_text(text):
    assert "".join(words(text)) == text


def test_what_is_too_long_to_compare_is_replaced():
    long = "a b " * MOST_WORDS
    assert [piece.kind for piece in diff(f"x {long}y", f"z {long}w")] == ["gone", "new"]
    assert [piece.kind for piece in diff(long, f"{long}end")] == ["same", "new"]


def test_it_is_shown_as_text():
    pieces = [Piece("same", "<b>"), Piece("gone", "\u202egone"), Piece("new", "<script>x</script>")]
    assert word_diff(pieces) == (
        '&lt;b&gt;<del><span class="d-mark" title="U+202E right-to-left override">U+202E</span>'
        "gone</del><ins>&lt;script&gt;x&lt;/script&gt;</ins>"
    )
