"""What agents write is shown, never obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.desk.text import excerpt, visible
from apps.memories.models import Memory
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> "
    "https://x.example \u202etxt\u2066 {{ 1 }}"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        ("two\nlines\tand\r\nmore", "two\nlines\tand\r\nmore"),
        ("سلام، می\u200cخواهم", "سلام، می\u200cخواهم"),  # a joiner that Persian needs
        ("👩\u200d🔧 ❤\ufe0f", "👩\u200d🔧 ❤\ufe0f"),
        ("नमस्ते 日本語 naïve", "नमस्ते 日本語 naïve"),
    ],
)
def test_plain_text_stays_as_it_is(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\u202e", "U+202E"), ("\u2066", "U+2066"), ("\u200b", "U+200B"), ("\u200d", "U+200D"),
        ("\ufeff", "U+FEFF"), ("\x00", "U+0000"), ("\x1b", "U+001B"), ("\u2028", "U+2028"),
        ("\U000e0041", "U+E0041"), ("\U000e0101", "U+E0101"), ("\u00ad", "U+00AD"),
        ("\u3164", "U+3164"), ("\r", "U+000D"), ("\ue000", "U+E000"),
    ],
)  # fmt: skip
def test_what_hides_is_named(char, code):
    html = visible(f"ab{char}cd")
    assert char not in html
    assert f'">{code}</span>' in html
    assert html.startswith("ab<span")
    assert html.endswith("</span>cd")


@given(st.text())
def test_no_text_becomes_markup(text):
    html = visible(text)
    bare = html.replace("</span>", "")
    while '<span class="d-mark"' in bare:
        before, _, rest = bare.partition('<span class="d-mark"')
        bare = before + rest.partition(">")[2]
    assert "<" not in bare
    assert ">" not in bare


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_an_excerpt_is_one_short_line(text, length):
    assert "\n" not in excerpt(text, length)
    if len(" ".join(text.split())) <= length:
        assert excerpt(text, length) == visible(" ".join(text.split()))


def test_every_view_keeps_it_inert(desk, world, write):
    row = propose(world.team, [Said(world.bob, HOSTILE), Said(world.dora, HOSTILE + " again")])
    write(world.alice, HOSTILE + " published", space=world.team)
    Memory.objects.update(language="<i>")
    pages = ["/desk/", "/desk/curation/candidate/", page_of(row),
             f"/desk/curation/curationrun/{row.decision.run.public_id}/"]  # fmt: skip
    bulk = {"action": "approve_selected", "_selected_action": [row.pk]}
    bodies = [desk.get(page).content.decode() for page in pages]
    bodies.append(desk.post("/desk/curation/candidate/", bulk).content.decode())
    for body in bodies:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
        assert "<script>alert" not in body
        assert "<img" not in body
        assert 'href="https://x.example' not in body
        assert "\u202e" not in body
        assert "\u2066" not in body
        assert "U+202E" in body
        assert "<i>" not in body
