"""Cutting loses nothing; reading finds speakers; rules find what people mark as worth keeping."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.captures.core import chunks, transcript
from apps.captures.core.extraction import KINDS, LONGEST, MOST, SHORTEST, Statement, statements
from apps.captures.core.transcript import Turn
from apps.memories.models import Kind


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(8, 40))
def test_spans_cover_every_byte_once_and_are_small(data, size):
    spans = list(chunks.cut(data, size=size))
    assert b"".join(data[start:end] for start, end in spans) == data
    assert all(0 < end - start <= size for start, end in spans)


@settings(deadline=None)
@given(st.text(max_size=120), st.integers(8, 40))
def test_no_character_is_cut_in_two(text, size):
    data = text.encode("utf-8", "surrogatepass")
    if data.decode("utf-8", "ignore").encode() != data:
        return
    assert "".join(data[start:end].decode() for start, end in chunks.cut(data, size=size)) == text


def test_a_span_ends_after_a_line_where_it_can():
    data = b"12345\n78901234\n"
    assert [tuple(span) for span in chunks.cut(data, size=8)] == [(0, 6), (6, 14), (14, 15)]
    with pytest.raises(ValueError, match="at least 8"):
        list(chunks.cut(b"x", size=7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User: hi\nAssistant: hello\nthere", [("human", "hi"), ("assistant", "hello\nthere")]),
        ("**Human:** ja\nTool: 3 files", [("human", "ja"), ("tool", "3 files")]),
        ("Note: no speaker\nat all", [("", "Note: no speaker\nat all")]),
        (json.dumps({"role": "user", "content": "hi"}), [("human", "hi")]),
        (
            json.dumps(
                {
                    "type": "assistant",
                    "message": {
                        "role": "assistant",
                        "content": [
                            {"type": "text", "text": "a"},
                            {"type": "tool_use", "text": "b"},
                        ],
                    },
                }
            ),
            [("assistant", "a")],
        ),
        (json.dumps({"role": "wizard", "content": "x"}), [("tool", "x")]),
        ('{"role": broken', [("", '{"role": broken')]),
        ("[1, 2]", [("", "[1, 2]")]),
    ],
)
def test_turns_know_who_speaks(text, expected):
    assert list(transcript.turns(text)) == [Turn(*pair) for pair in expected]


def test_who_speaks_is_carried_over_a_cut():
    assert transcript.speaking("User: hi\nTool: long") == "tool"
    assert transcript.speaking("more of it", role="tool") == "tool"
    said = "Please always answer in French."
    assert statements(said, role="tool") == []
    assert statements(said, role="human") == [Statement("preference", said)]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("decision", "We decided to keep the blue pumps."),
        ("decision", "Decision: ship on Friday, not Thursday."),
        ("decision", "Wir haben uns für die blauen Pumpen entschieden."),
        ("decision", "Hemos decidido usar la bomba azul."),
        ("decision", "Nous avons décidé de garder la pompe bleue."),
        ("decision", "Abbiamo deciso di tenere la pompa blu."),
        ("decision", "Ficou decidido manter a bomba azul."),
        ("fix", "The root cause was a stale cache in the gateway."),
        ("fix", "It was fixed by raising the timeout to 30 s."),
        ("fix", "Die Ursache war ein alter Cache."),
        ("fix", "La causa era una caché vieja."),
        ("fix", "La cause était un vieux cache."),
        ("preference", "I prefer short answers with a table."),
        ("preference", "From now on, write dates as ISO."),
        ("preference", "Bitte immer auf Deutsch antworten."),
        ("preference", "Prefiero respuestas cortas y claras."),
        ("preference", "Je préfère les réponses courtes."),
        ("command", "$ make test ARGS='-k recall'"),
    ],
)
def test_what_is_marked_is_found_in_several_languages(what, said):
    found = statements(f"User: Some talk before it.\n{said}\nAnd after it.")
    assert found == [Statement(what, said.removeprefix("$ "))]
    assert found[0].kind == KINDS[what]
    assert found[0].kind in Kind.values


@pytest.mark.parametrize(
    "said",
    [
        "What have we decided about the pumps?",
        "The pump hums.",
        "We decided.",
        "Tool: We decided to print this line.",
        "Assistant: I prefer to be helpful here.",
        "```python\nroot cause: none of this is prose\n```",
        "We decided " + "x" * LONGEST,
    ],
)
def test_questions_code_tools_and_plain_talk_are_not(said):
    assert statements(said) == []


def test_commands_in_a_fence_for_a_shell_and_behind_a_prompt():
    fence = "```bash\n# first\nmake openapi\nls\n```\n"
    text = f"Agent: run this\n{fence}user@host:~$ git status --short\n"
    assert [one.text for one in statements(text)] == ["make openapi", "git status --short"]


@settings(deadline=None)
@given(st.text(max_size=400))
def test_anything_can_be_read_and_statements_are_of_it(text):
    for statement in statements(text):
        assert SHORTEST <= len(statement.text) <= LONGEST
        assert statement.text in text


def test_at_most_so_many():
    text = "\n".join(f"We decided on pump number {n}." for n in range(MOST + 50))
    assert len(statements(text)) == MOST
