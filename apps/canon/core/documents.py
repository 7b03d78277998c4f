"""A document as bytes: one form, one hash; its sections and its links."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from apps.canon.core import front

LARGEST = 256 * 1024  # bytes
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
# No part crosses the next opening bracket: however many there are, the text is read once
_LINK = re.compile(r"(?<!\\)\[[^\[\]\n]*\]\(\s*<?([^)\[\s>]+)>?(?:\s+[\"'(][^)\[]*)?\)")
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:|^//")
_NOT_A_WORD = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under one heading.

    Attributes:
        anchor: unique in the document, as a link names it; "" before the first heading.
        heading: with those above it, outermost first.
        text: Markdown below the heading up to the next one.
    """

    anchor: str
    heading: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """Content in its one form, taken apart."""

    content: str
    front: front.Front
    body: str


def canonical(content: str) -> str:
    """`content` in the form that is hashed: NFC, lines end with a line feed, one at the end.

    Raises:
        ValueError: control characters other than tab and line feed, or too large.
    """
    text = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text).strip("\n") + "\n"
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise ValueError(f"a document has at most {LARGEST:,} bytes")
    if any(
        unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in text
    ):
        raise ValueError("a document has no control characters")
    return text


def digest(content: str) -> str:
    """Content address: SHA-256 of the UTF-8 bytes, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def read(content: str) -> Document:
    """A document from what somebody wrote.

    Raises:
        ValueError: it is no document; says why.
    """
    text = canonical(content)
    matter, body = front.split(text)
    return Document(text, front.read(matter), body)


def sections(body: str) -> list[Section]:
    """The sections of a Markdown body in order; a heading in a block of code is none."""
    found: list[Section] = []
    above: list[tuple[int, str]] = []
    anchors: dict[str, int] = {}
    anchor, lines = "", list[str]()

    def close() -> None:
        text = "\n".join(lines).strip()
        if text or above:
            found.append(Section(anchor, tuple(name for _, name in above), text))

    for line, is_code in _lines(body):
        heading = None if is_code else _heading(line)
        if heading is None:
            lines.append(line)
            continue
        close()
        depth, name = heading
        above = [*(each for each in above if each[0] < depth), (depth, name)]
        anchor, lines = _anchor(name, anchors), []
    close()
    return found


def links(body: str) -> list[str]:
    """Targets of links within the organisation's documents: no scheme, no host, in order."""
    text = "\n".join(line for line, is_code in _lines(body) if not is_code)
    return [target for target in _LINK.findall(text) if not _SCHEME.match(target)]


def target_of(path: str, link: str) -> str:
    """The document that a link in the one at `path` leads to; "" for the same document.

    Raises:
        ValueError: it leads out of the documents.
    """
    bare = link.partition("#")[0].partition("?")[0]
    if not bare:
        return ""
    found = normpath(bare.lstrip("/") if bare.startswith("/") else join(dirname(path), bare))
    if found.startswith(".."):
        raise ValueError(f"{link} leads out of the documents")
    return found


def _lines(body: str) -> Iterator[tuple[str, bool]]:
    """Lines, each with whether it belongs to a block of code."""
    fence = ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            ends = mark and mark[1].startswith(fence) and not line.strip().strip(mark[1][0])
            yield line, True
            fence = "" if ends else fence
        elif mark:
            fence = mark[1]
            yield line, True
        else:
            yield line, False


def _heading(line: str) -> tuple[int, str] | None:
    """Depth and words of a heading, without the hashes that may close it; None for another line."""
    depth = len(line) - len(line.lstrip("#"))
    if not 0 < depth <= 6 or line[depth : depth + 1] not in {" ", "\t"}:
        return None
    rest = line[depth:].lstrip(" \t")
    return depth, rest.rstrip("#").rstrip(" \t") or rest[:1] or " "


def _anchor(heading: str, taken: dict[str, int]) -> str:
    base = _NOT_A_WORD.sub("", heading.casefold()).strip().replace(" ", "-") or "section"
    taken[base] = taken.get(base, -1) + 1
    return f"{base}-{taken[base]}" if taken[base] else base
