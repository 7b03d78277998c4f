"""Every word of the desk's pages is marked for translation."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DESK = Path(__file__).resolve().parents[2] / "apps" / "desk"
_TRANSLATED = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}|{%\s*comment\b.*?endcomment\s*%}",
    re.DOTALL,
)
_UNREAD = re.compile(r"<(script|style|code|svg)\b[^>]*>.*?</\1>|<span class=\"material-symbols"
                     r"[^>]*>.*?</span>|<kbd>.*?</kbd>", re.DOTALL)  # fmt: skip
_TEMPLATE = re.compile(r"{[%{#].*?[%}#]}", re.DOTALL)
_ATTRIBUTES = re.compile(r"\b(?:aria-label|title|alt|placeholder)=\"([^\"]*)\"")
_TAG = re.compile(r"</?[a-zA-Z](?:[^>\"]|\"[^\"]*\")*>|<!--.*?-->", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}")
# The same in every language
_NAMES = {"MemoryHub", "UTC", "v", "mh", "mhs", "seal", "manage", "py"}
_SHOWN_BY = {  # calls and keywords whose strings people read
    "say", "format_html", "ValidationError", "Http404",
}  # fmt: skip
_KEYWORDS = {"description", "title", "label", "help_text", "section", "search_help_text",
             "index_title", "told"}  # fmt: skip


def _pages(pattern: str) -> list[Path]:
    found = set(DESK.rglob(pattern)) - {DESK / "apps.py"}
    return sorted(found)


def unmarked(source: str) -> list[str]:
    """Words of a template that a reader sees and no tag translates."""
    rest = _UNREAD.sub(" ", _TRANSLATED.sub(" ", source))
    rest = _TEMPLATE.sub("\0", rest)
    shown = [*_ATTRIBUTES.findall(rest), *_TAG.sub("\n", rest).split("\n")]
    return [text for part in shown for text in part.split("\0") if _says(text)]


def _says(text: str) -> bool:
    return any(word not in _NAMES for word in _WORD.findall(text))


def unmarked_in_code(source: str) -> list[str]:
    """Strings of a module that are passed on to be shown, and that no call translates."""
    return [text for text in _shown(ast.parse(source)) if _says(_TAG.sub("", text))]


def _shown(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            told = [key.value for key in node.keywords if key.arg in _KEYWORDS]
            told += (
                node.args[: 1 if called == "format_html" else None] if called in _SHOWN_BY else []
            )
            yield from (text for one in told for text in _plain(one))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {getattr(one, "id", "") for one in targets}
            if names & _KEYWORDS and node.value is not None:
                yield from _plain(node.value)
            elif isinstance(node.value, ast.Dict) and "LANGUAGES" not in names:
                words = (text for one in node.value.values for text in _plain(one))
                yield from (text for text in words if " " in text and text[0].isupper())


def _plain(node: ast.AST) -> Iterator[str]:
    """Strings in an expression, but for those in calls, which may translate them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.IfExp | ast.BinOp):
        for side in ("body", "orelse", "left"):
            if hasattr(node, side):
                yield from _plain(getattr(node, side))


@pytest.mark.parametrize("path", _pages("*.html"), ids=lambda path: str(path.relative_to(DESK)))
def test_every_word_of_a_template_is_marked(path):
    assert unmarked(path.read_text()) == []


@pytest.mark.parametrize("path", _pages("*.py"), ids=lambda path: path.name)
def test_what_code_shows_is_marked(path):
    assert unmarked_in_code(path.read_text()) == []


def test_the_scan_sees_what_is_not_marked():
    assert unmarked('<p class="x">Hello <b>{{ name }}</b></p>') == ["Hello "]
    assert unmarked('<a title="Go on" href="/on">{% translate "On" %}</a>') == ["Go on"]
    assert unmarked("{% if x %}yes{% endif %} {# no #} <code>raw</code>") == ["yes"]
    assert unmarked("{% blocktranslate %}Hello {{ you }}{% endblocktranslate %}") == []
    assert unmarked_in_code("self.say(request, 'Done.')") == ["Done."]
    assert unmarked_in_code("self.say(request, f'{n} done.')") == [" done."]
    assert unmarked_in_code("label = _('Name'); section = 'Runs'") == ["Runs"]
    assert unmarked_in_code("format_html('<b class=\"big\">{}</b>', x)") == []
