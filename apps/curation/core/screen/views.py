"""Readings of a text that undo the usual disguises, each with a map back to the original."""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from .marks import View

# Letters of other scripts that look like Latin ones, and digits or signs that stand in for letters.
_LOOKALIKES = str.maketrans("аеорсухіѕјοανερ", "aeopcyxisjoavep")
_LEET = str.maketrans("013457@$|", "oieastasi")
_MIXED_WORD = re.compile(
    r"(?<![^\W_])(?=[^\W_@$|]*[0-9@$|])(?=[0-9@$|]*[a-z])[a-z0-9@$|]{3,24}(?!\w)"
)
_LATIN_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,40}(?!\w)")
_SPACED = re.compile(r"(?<!\w)[^\W_](?: {1,4}[^\W_](?!\w)){4,}")
_GAP = re.compile(r" {2,}")
# A full stop inside a number, address or file name does not end a sentence.
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|[.!?](?=\S))*[.!?。！？\n]?")
_MORSE = re.compile(r"(?:[.-]{1,5}[ /|]{1,3}){8,512}[.-]{1,5}")
# Source: ITU-R M.1677-1, letters a to z in order.
_SIGNS = (
    *(".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--"),
    *("-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."),
)
MORSE = dict(zip(_SIGNS, "abcdefghijklmnopqrstuvwxyz", strict=True))
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,4096}={0,2}(?![A-Za-z0-9+/_=-])")


@lru_cache(maxsize=8)  # the rules of every family read the same text
def fold(text: str, *, lower: bool = True) -> View:
    """Read `text` without accents, width, invisible characters and (by default) case.

    Latin letters lose their accents, other scripts keep theirs in composed form; format characters
    (zero-width, bidi) vanish. Patterns are therefore written in plain lower-case letters.
    """
    if text.isascii():  # nothing to fold but case, and every character stays where it is
        return View(text.casefold() if lower else text, tuple(range(len(text) + 1)))
    chars: list[str] = []
    origin: list[int] = []
    for start, cluster in _clusters(text):
        folded = _fold_cluster(cluster)
        folded = folded.casefold() if lower else folded
        chars.append(folded)
        origin.extend([start] * len(folded))
    origin.append(len(text))
    return View("".join(chars), tuple(origin))


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not _continues(text[index]):
            yield start, text[start:index]
            start = index


def _continues(char: str) -> bool:
    return char > "\u02ff" and (bool(unicodedata.combining(char)) or "\u1160" <= char <= "\u11ff")


@lru_cache(maxsize=4096)
def _fold_cluster(cluster: str) -> str:
    if cluster.isascii():
        return cluster
    visible = "".join(c for c in cluster if unicodedata.category(c) != "Cf")
    bare = unicodedata.normalize("NFKD", visible)
    if bare and bare[0].isascii():
        return "".join(c for c in bare if not unicodedata.combining(c))
    return unicodedata.normalize("NFKC", visible)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence or line of `text` that is not blank."""
    return (hit.span() for hit in _SENTENCE.finditer(text) if hit[0].strip())


def disguises(view: View) -> Iterator[View]:
    """The same text with look-alike letters, letter digits or spaced-out letters undone.

    Yields only readings that differ from `view`.
    """
    plain = _MIXED_WORD.sub(lambda m: m[0].translate(_LEET), view.text)
    plain = _LATIN_WORD.sub(_latinise, plain)
    if plain != view.text:
        yield View(plain, view.origin)
    if _SPACED.search(view.text):
        yield _join_spaced(view)


def _latinise(word: re.Match[str]) -> str:
    latin = word[0].translate(_LOOKALIKES)
    return latin if latin.isascii() else word[0]


def _join_spaced(view: View) -> View:
    chars: list[str] = []
    origin: list[int] = []
    done = 0
    for run in _SPACED.finditer(view.text):
        keep = list(range(done, run.start()))
        gaps = {g.start() for g in _GAP.finditer(view.text, *run.span())}
        keep += [i for i in range(*run.span()) if view.text[i] != " " or i in gaps]
        chars += [view.text[i] for i in keep]
        origin += [view.origin[i] for i in keep]
        done = run.end()
    chars.append(view.text[done:])
    return View("".join(chars), (*origin, *view.origin[done:]))


def encoded_readings(text: str) -> Iterator[str]:
    """The text read backwards, through ROT13, percent-decoded if that changes it, and its Morse."""
    yield text[::-1].casefold()
    yield codecs.encode(text, "rot13").casefold()
    if "%" in text and (plain := unquote(text, errors="replace")) != text:
        yield plain.casefold()
    for run in _MORSE.finditer(text):
        yield _from_morse(run[0])


def _from_morse(signals: str) -> str:
    """Letters of a run of Morse code; words are parted by a stroke, unknown signs fall out."""
    words = signals.replace("|", "/").split("/")
    return " ".join("".join(MORSE.get(sign, "") for sign in word.split()) for word in words)


def hidden_text(blob: str) -> bool:
    """Whether a Base64 string of 20 or more characters carries readable words."""
    blob = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(blob + "=" * (-len(blob) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return plain.isprintable() and " " in plain.strip()
