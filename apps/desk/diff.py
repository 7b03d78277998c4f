"""What changes, word by word, from one text to another. Pure: strings in, pieces out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

Kind = Literal["same", "gone", "new"]
MOST_WORDS = 3000  # compared with each other; what is longer is shown as replaced

# Scripts without spaces between words are compared by character
_BY_CHARACTER = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORDS = re.compile(rf"[{_BY_CHARACTER}]|[^\W{_BY_CHARACTER}]+|\s+|[^\w\s]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that both have, only the old one has, or only the new one."""

    kind: Kind
    text: str


def words(text: str) -> list[str]:
    """The text cut into words, runs of white space and runs of signs; together they are the text.

    Chinese, Japanese and Korean are cut into characters.
    """
    return _WORDS.findall(text)


def diff(old: str, new: str) -> list[Piece]:
    """How `new` comes from `old`: without its new pieces it is `old`, without gone ones `new`.

    The work is bounded whatever the texts are: what is longer than `MOST_WORDS` words where they
    differ is one piece gone and one new.
    """
    return [
        Piece(kind, "".join(text for _, text in run))
        for kind, run in groupby(_parts(words(old), words(new)), key=lambda part: part[0])
    ]


def share_kept(pieces: Sequence[Piece]) -> float:
    """Share of letters in [0, 1] that both texts have; 1 for two empty ones."""
    total = sum(len(piece.text) * (2 if piece.kind == "same" else 1) for piece in pieces)
    kept = sum(2 * len(piece.text) for piece in pieces if piece.kind == "same")
    return kept / total if total else 1.0


def _parts(old: list[str], new: list[str]) -> Iterator[tuple[Kind, str]]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    yield from _kept(old[:head])
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    yield from _kept(old[len(old) - tail :])


def _middle(old: list[str], new: list[str]) -> Iterator[tuple[Kind, str]]:
    if max(len(old), len(new)) > MOST_WORDS:
        yield from _changed(old, new)
        return
    # `autojunk` passes over words that are everywhere: it bounds the work on hostile repetitions
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if tag == "equal":
            yield from _kept(old[i1:i2])
        else:
            yield from _changed(old[i1:i2], new[j1:j2])


def _kept(part: list[str]) -> Iterator[tuple[Kind, str]]:
    if part:
        yield "same", "".join(part)


def _changed(old: list[str], new: list[str]) -> Iterator[tuple[Kind, str]]:
    if old:
        yield "gone", "".join(old)
    if new:
        yield "new", "".join(new)


def _common(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))
