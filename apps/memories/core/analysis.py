"""Text to search terms: what the lexical index stores and what a question asks it for.

One analysis serves both sides. Words are folded and stemmed, unspaced scripts become character
pairs, codes stay whole and are also found by their parts. BM25 splits at the sparse vector: a
document holds its term weights, a query the inverse document frequencies, and the score is their
inner product.
"""

import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import snowballstemmer

from apps.memories.core.language import FUNCTION_WORDS, detect, fold

DIMENSIONS = 1_000_000_000  # pgvector's limit for a sparsevec
MAX_TERMS = 16_000  # distinct terms of one text: pgvector's limit of non-zero elements
MAX_TERM_CHARACTERS = 64  # at most 256 bytes of UTF-8; Postgres refuses a lexeme over 2,046

K1 = 1.2  # how fast a repeated term stops adding
B = 0.4  # how much a long text is discounted
REFERENCE_LENGTH = 40.0  # terms of a usual note; fixed, because weights are frozen when written

_STEMMERS: Mapping[str, str] = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "eo": "esperanto", "et": "estonian",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi",
    "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "no": "norwegian", "fa": "persian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# The scripts a language is written in decide which words of a mixed text its stemmer may touch.
_SCRIPT_LANGUAGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("\u0370", "\u03ff", ("el",)),
    ("\u0400", "\u052f", ("ru", "sr")),
    ("\u0530", "\u058f", ("hy",)),
    ("\u0590", "\u05ff", ("yi",)),
    ("\u0600", "\u06ff", ("ar", "fa")),
    ("\u0900", "\u097f", ("hi", "ne")),
    ("\u0b80", "\u0bff", ("ta",)),
)
_OTHER_SCRIPTS = frozenset(code for _, _, codes in _SCRIPT_LANGUAGES for code in codes)
DEFAULT_LATIN = "en"  # for Latin words of a text whose language is unknown or not Latin

# Scripts written without spaces: Han, kana, Hangul (its particles stick to words), Thai, Lao,
# Myanmar, Khmer.
_UNSPACED = (
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U000323af\uac00-\ud7a3\u1100-\u11ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_RUN = re.compile(f"([{_UNSPACED}]+)")
# Letters and digits of any script, and the marks that belong to them.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7"
    "\u0a01-\u0a51\u0a81-\u0acd\u0b01-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c56\u0c81-\u0cd6"
    "\u0d00-\u0d57"
)
_PIECE = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*"
_TOKEN = re.compile(rf"{_PIECE}(?:(?:[-._#@'’]|(?<=\d)[:,](?=\d)){_PIECE})*(?:\+\+|#)?")
_PIECES = re.compile(_PIECE)
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_LONG_NUMBER = re.compile(r"(?<!\d)\d{2,}(?!\d)")
_VERSION = re.compile(r"[vV]?(\d+(?:\.\d+)+)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_DECIMAL_COMMA = re.compile(r"\d+,\d+")
_SOFT_JOINERS = re.compile(r"(?<=.)[-_#:](?=.)")
_APOSTROPHE = re.compile("['’]")
_ABBREVIATION = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")
_CODE = re.compile(r"[\d._@#+]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_UNQUOTABLE = re.compile("[\x00\ud800-\udfff]")
_NONE: frozenset[str] = frozenset()
_stemmers = threading.local()  # a stemmer keeps the word it works on, so threads cannot share one


def analyse(text: str, language: str = "") -> tuple[str, ...]:
    """The search terms of a text, in order and with repeats.

    Args:
        text: any text, hostile or empty.
        language: ISO 639-1 code (`de`, or `de-AT`) when known; "" detects it from the text.

    Returns:
        Lower-case terms without spaces, each 1 to `MAX_TERM_CHARACTERS` characters. Words are
        folded and stemmed; a run of an unspaced script gives its overlapping pairs of characters;
        a code gives itself without hyphens and its parts (`E-204` -> `e204`, `204`). Function
        words of the language are left out unless the text has nothing else.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    clean = _SCHEME.sub(" ", _INVISIBLE.sub("", plain))
    known = language[:2].casefold() or detect(clean)
    return tuple(_terms(clean, known, stopping=True)) or tuple(_terms(clean, known, stopping=False))


def question_terms(text: str, languages: Sequence[str] = ()) -> tuple[str, ...]:
    """The distinct terms a question asks for, also when it is too short to show its language.

    Args:
        text: the question.
        languages: ISO 639-1 codes the asker's memories are written in. They count only when the
            question's own language is unknown: `Rechnungen` alone is then stemmed as each of them.

    Returns:
        Terms as `analyse` gives them, without repeats.
    """
    guesses = [""] if detect(text) else ["", *languages]
    return distinct(term for language in guesses for term in analyse(text, language))


def _terms(clean: str, language: str, *, stopping: bool) -> Iterator[str]:
    for index, part in enumerate(_RUN.split(clean)):
        if index % 2:
            yield from _pairs(part)
        else:
            for token in _TOKEN.findall(part):
                yield from _token_terms(token, language, stopping)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for first, second in pairwise(run):
        yield first + second


def _token_terms(token: str, language: str, stopping: bool) -> tuple[str, ...]:  # noqa: FBT001
    # A long token is hardly seen twice, and a cache of them could be made to fill memory.
    if len(token) > MAX_TERM_CHARACTERS:
        return _split(token, language, stopping)
    return _split_cached(token, language, stopping)


def _split(token: str, language: str, stopping: bool) -> tuple[str, ...]:  # noqa: FBT001
    """The terms of one token: a number, a code, or a word, maybe elided or hyphenated."""
    if number := _number(token):
        return number
    found: list[str] = []
    pieces = [part for piece in _PIECES.findall(token) for part in _HUMP.split(piece)]
    words = [piece for piece in pieces if len(piece) > 1] if len(pieces) > 1 else []
    if _CODE.search(token):
        found.extend(_code(fold(token.casefold())))
    elif not _APOSTROPHE.search(token) or not words:
        words.insert(0, "".join(pieces))
    stop_words = FUNCTION_WORDS.get(language, _NONE) if stopping else _NONE
    found.extend(
        stem(word[:MAX_TERM_CHARACTERS], language)
        for word in map(str.casefold, words)
        if fold(word) not in stop_words
    )
    return tuple(term[:MAX_TERM_CHARACTERS] for term in found)


_split_cached = lru_cache(maxsize=32_768)(_split)


def _number(token: str) -> tuple[str, ...]:
    """A figure in one spelling, a version also by its first numbers; nothing for other tokens."""
    if version := _VERSION.fullmatch(token):
        parts = version[1].split(".")
        lengths = dict.fromkeys((len(parts), min(len(parts), 3), 2))
        return tuple(".".join(parts[:length])[:MAX_TERM_CHARACTERS] for length in lengths)
    if _THOUSANDS.fullmatch(token):
        return (token.replace(",", "")[:MAX_TERM_CHARACTERS],)
    if _DECIMAL_COMMA.fullmatch(token):
        return (token.replace(",", ".")[:MAX_TERM_CHARACTERS],)
    return ()


def _code(token: str) -> Iterator[str]:
    """A code as a whole without soft joiners, and the shorter forms people know it by."""
    if _ABBREVIATION.fullmatch(token):
        yield token.replace(".", "")
        return
    whole = _SOFT_JOINERS.sub("", token)
    yield whole
    _, at, host = whole.rpartition("@")
    if at:
        yield host
    labels = host.split(".")
    if len(labels) > 2:
        yield ".".join(labels[-2:])
    numbers = _LONG_NUMBER.findall(token)
    if token.isalnum() and len(numbers) == 1 and numbers[0] != token:
        yield numbers[0]


@lru_cache(maxsize=32_768)
def stem(word: str, language: str) -> str:
    """A case-folded word without its ending and accents, by the Snowball rules of its language.

    Args:
        word: one word, case-folded, accents in place (the rules look at them).
        language: ISO 639-1 code of the text; a word in another script than the language's is left
            to the language its script names, a Latin word to English.
    """
    stemmer = _stemmer(_STEMMERS[_stem_language(word, language)])
    return fold(stemmer.stemWord(word)) or fold(word)


def _stem_language(word: str, language: str) -> str:
    for first, last, codes in _SCRIPT_LANGUAGES:
        if first <= word[0] <= last:
            return language if language in codes else codes[0]
    return language if language in _STEMMERS and language not in _OTHER_SCRIPTS else DEFAULT_LATIN


def _stemmer(name: str) -> Any:
    found = getattr(_stemmers, name, None)
    if found is None:
        found = snowballstemmer.stemmer(name)
        setattr(_stemmers, name, found)
    return found


@lru_cache(maxsize=65_536)
def term_dimension(term: str) -> int:
    """The sparse dimension of a term: a stable hash in [1, `DIMENSIONS`], the same everywhere.

    1-based, as pgvector writes a sparsevec (`{3:0.5}/1000000000`). Two of a text's terms collide
    about once in a billion pairs; their weights then add up.
    """
    digest = blake2b(term.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % DIMENSIONS + 1


def document_vector(terms: Sequence[str]) -> dict[int, float]:
    """BM25 weights of a document's terms: tf * (k1+1) / (tf + k1 * (1 - b + b * dl/reference)).

    Args:
        terms: the text's terms with repeats, from `analyse`.

    Returns:
        Weight in (0, k1+1) by dimension, at most `MAX_TERMS` entries (a text's first terms win).

    Source:
        Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", section 3.4, with a
        constant in place of the average length.
    """
    counts = Counter(terms)
    length = K1 * (1 - B + B * len(terms) / REFERENCE_LENGTH)
    weights: dict[int, float] = {}
    for term in distinct(terms):
        dimension = term_dimension(term)
        weights[dimension] = weights.get(dimension, 0.0) + counts[term] * (K1 + 1) / (
            counts[term] + length
        )
    return weights


def query_vector(
    terms: Iterable[str], frequencies: Mapping[str, int], documents: int
) -> dict[int, float]:
    """Inverse document frequency of each term a question can match, by dimension.

    Args:
        terms: the question's terms, from `analyse`; repeats count once.
        frequencies: how many of the asker's documents hold a term; a term not named or at zero
            matches nothing and is left out.
        documents: how many documents the asker sees; below a term's frequency (statistics run
            late) the frequency is taken.

    Returns:
        Weights above 0: ln(1 + (N - df + 0.5) / (df + 0.5)).
    """
    weights: dict[int, float] = {}
    for term in distinct(terms):
        held = frequencies.get(term, 0)
        if held > 0:
            dimension = term_dimension(term)
            weights[dimension] = weights.get(dimension, 0.0) + _idf(held, max(documents, held))
    return weights


def _idf(held: int, documents: int) -> float:
    return math.log(1 + (documents - held + 0.5) / (held + 0.5))


def distinct(terms: Iterable[str]) -> tuple[str, ...]:
    """Terms without repeats, in order of first appearance, at most `MAX_TERMS`."""
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def sparse_text(weights: Mapping[int, float]) -> str:
    """Weights by dimension as pgvector reads a sparse vector; dimensions count from 1."""
    pairs = ",".join(f"{dimension}:{weight:.7g}" for dimension, weight in weights.items())
    return f"{{{pairs}}}/{DIMENSIONS}"


def tsvector_text(terms: Iterable[str]) -> str:
    """Terms as the text of a `tsvector` (`'don' 'it''s'`), without positions; "" for none."""
    return " ".join(_quoted(terms))


def tsquery_text(terms: Iterable[str]) -> str:
    """Terms as the text of a `tsquery` that matches any of them (`'don' | 'it''s'`)."""
    return " | ".join(_quoted(terms))


def tsquery_text_of_groups(groups: Iterable[Sequence[str]]) -> str:
    """Groups as the text of a `tsquery`: all terms of any group (`'don' | 'it''s' & 'on'`)."""
    return " | ".join(" & ".join(_quoted(group)) for group in groups)


def lexeme(term: str) -> str:
    """A term as `tsvector` keeps it, and as the statistics count it."""
    return _UNQUOTABLE.sub("", term)[:MAX_TERM_CHARACTERS]


def facet(name: str, value: str) -> str:
    """What the statistics count a memory's `kind`, `tag` or `session` under.

    It begins with a space, as no term does, and with the letter that the triggers write.
    """
    return f" {name[0]}{value}"


def _quoted(terms: Iterable[str]) -> Iterator[str]:
    """Quoted lexemes: no character of a term can end the quote or act as an operator."""
    return filter(None, map(_quote, distinct(terms)))


@lru_cache(maxsize=32_768)
def _quote(term: str) -> str:
    plain = lexeme(term)
    return "'" + plain.replace("\\", "\\\\").replace("'", "''") + "'" if plain else ""
