"""Making hostile text visible: what would hide, reorder or vanish is shown by its code point."""

import unicodedata
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_JOINERS = "\u200c\u200d"  # legitimate between letters of Persian or Hindi, and inside emoji
_SELECTORS = range(0xFE00, 0xFE10)
_HIDDEN_MARKS = (*range(0xE0100, 0xE01F0), 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)


def visible(text: str) -> SafeString:
    """`text` escaped, with control, bidi and invisible characters as labelled marks.

    Line breaks and tabs stay. Nothing becomes a link, whatever it looks like.
    """
    return format_html_join("", "{}", ((part,) for part in _parts(text)))


def excerpt(text: str, length: int = 160) -> SafeString:
    """The first `length` characters on one line, made visible."""
    line = " ".join(text.split())
    return visible(line if len(line) <= length else line[: length - 1].rstrip() + "…")


def parted(text: str, length: int) -> tuple[str, str]:
    """The beginning of `text` and its rest, at white space if there is some near `length`.

    Together they are the text. A character and what belongs to it (marks, joiners, selectors)
    are not parted.
    """
    cut = next((at for at in range(length, length - 80, -1) if text[at].isspace()), length)
    while cut < len(text) and (_joins(text[cut]) or _joins(text[cut - 1])):
        cut += 1
    return text[:cut], text[cut:]


def _joins(char: str) -> bool:
    return char in _JOINERS or ord(char) in _SELECTORS or unicodedata.category(char) in {"Mn", "Me"}


def without_hidden(text: str) -> str:
    """`text` without the characters that `visible` would mark: what an editor starts from."""
    return "".join(char for position, char in enumerate(text) if not _hides(text, position))


def _parts(text: str) -> Iterator[str | SafeString]:
    """Runs of plain text, and marks between them; `format_html_join` escapes the plain ones."""
    start = 0
    for position, char in enumerate(text):
        if _hides(text, position):
            yield text[start:position]
            yield _mark(char)
            start = position + 1
    yield text[start:]


def _hides(text: str, position: int) -> bool:
    char = text[position]
    if char in "\n\t" or (char == "\r" and text[position + 1 : position + 2] == "\n"):
        return False
    if char in _JOINERS:
        return not (_shapes(text[position - 1 : position]) and _shapes(text[position + 1 :][:1]))
    if ord(char) in _SELECTORS:  # one picks a glyph, several in a row carry a message
        return position == 0 or ord(text[position - 1]) in _SELECTORS
    hidden_mark = ord(char) in _HIDDEN_MARKS
    return hidden_mark or unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def _shapes(char: str) -> bool:
    """Whether a joiner next to `char` can change how it looks: beyond Latin, Greek, Cyrillic."""
    return bool(char) and ord(char) >= 0x0590 and not unicodedata.category(char).startswith("Z")


def _mark(char: str) -> SafeString:
    code = f"U+{ord(char):04X}"
    name = unicodedata.name(char, "control character").lower()
    return format_html('<span class="d-mark" title="{} {}">{}</span>', code, name, code)
