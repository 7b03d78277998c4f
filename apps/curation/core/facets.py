"""What a text states exactly: numbers with units, codes, times, names - and which words it uses."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from apps.curation.core.lexicon import (
    MONTHS,
    NEGATIONS,
    NEGATIONS_UNSPACED,
    NUMBER_WORDS,
    UNITS,
)
from apps.curation.core.notes import Note

_K = TypeVar("_K")
_V = TypeVar("_V")

# Metadata keys that name what a note is about, and the role they stand for.
ROLES = {
    "customer": "customer",
    "client": "customer",
    "account": "customer",
    "supplier": "supplier",
    "vendor": "supplier",
    "product": "product",
}
CALENDAR_YEARS = 1900  # "2019年" is a date and no span of time
STEM_LENGTH = 5  # long enough to tell words apart, short enough to drop endings in every language

# Accents of alphabets only: the marks of Japanese kana tell sounds apart.
_MARKS = re.compile("[\u0300-\u036f'’‘\u200b\u00ad]")
_UNSPACED = "぀-ヿ㐀-鿿가-힯"
_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=lambda unit: (-len(unit), unit)))
_MONTH = "|".join(sorted(MONTHS, key=lambda month: (-len(month), month)))
_WORDS = re.compile(rf"[{_UNSPACED}]+|[^\W_]+(?:[.\-/:][0-9a-z]+)*")
_SPELLED = re.compile(rf"\b({'|'.join(sorted(NUMBER_WORDS))})\b")
_GROUPED = re.compile(r"(?<=\d)[  ](?=\d{3}(?!\d))")
_POINT = re.compile(r"\b(\d+) (?:point|komma|coma|virgule|virgula) (\d+)\b")
_CONTRAST = re.compile(r"\b(?:not|no|nicht|pas|nao)\s(?:the\s)?[€$£]?\d\S*")
_QUANTITY = re.compile(
    rf"(?<![\w.:,-])({_NUMBER})(\s?k\b)?(?:\s?[-–~]\s?({_NUMBER}))?[\s-]?({_UNIT})(?![a-z])"
)
_PRICE = re.compile(rf"(€|\$|£|\beur|\busd|\bgbp)\s?({_NUMBER})(\s?k\b)?")
_BARE = re.compile(rf"(?<![\w.,:])({_NUMBER})(k\b)?")
_CODE = re.compile(r"(?<![a-z0-9])([a-z]{1,4})-?(\d{1,6})(?![\d.,]*\d)")
_VERSION = re.compile(
    r"(?<![\w.])v?(\d+\.\d+\.\d+)(?!\w)|\b(?:v|version|firmware|release)\s?(\d+\.\d+)(?![\w.]*\w)"
)
_NOT_CODES = frozenset({"eur", "usd", "gbp", *MONTHS})
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_CLOCK_12 = re.compile(r"(?<![\d:])(\d{1,2})\s?(am|pm|uhr)\b")
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_MONTH_DAY = re.compile(
    rf"\b(?:({_MONTH})\.?\s(\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th|\.)?\s(?:de |of )?({_MONTH}))\b"
)


def fold(text: str) -> str:
    """`text` in lower case, forms plain, accents and apostrophes dropped, spaces single."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", _MARKS.sub("", spread)).split())


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, folded, in order; a run of CJK characters is one word."""
    return tuple(_WORDS.findall(fold(text)))


@dataclass(frozen=True, slots=True)
class Facets:
    """What a note states exactly.

    `amounts`: unit -> values. `codes`: letters of an identifier -> its numbers ("R4" -> r: 4).
    `numbers`: every number in the text, whatever it counts. `names`: role -> names.
    """

    amounts: Mapping[str, frozenset[float]]
    codes: Mapping[str, frozenset[str]]
    numbers: frozenset[float]
    times: frozenset[str]
    dates: frozenset[str]
    names: Mapping[str, frozenset[str]]
    negations: int

    def __hash__(self) -> int:
        """By value, as equality is; a mapping has no hash of its own."""
        keyed = (frozenset(held.items()) for held in (self.amounts, self.codes, self.names))
        return hash((*keyed, self.numbers, self.times, self.dates, self.negations))


class Names:
    """Names that some metadata gives to a role, to recognise them in texts that have none."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        self._roles: dict[str, set[str]] = {}
        for role, name in known:
            self._roles.setdefault(name, set()).add(role)

    @classmethod
    def of(cls, notes: Iterable[Note]) -> "Names":
        """Every name the metadata of `notes` mentions."""
        return cls((role, name) for note in notes for role, name in named(note.metadata))

    def mentioned(self, tokens: Iterable[str]) -> set[tuple[str, str]]:
        """The (role, name) pairs whose name is one of `tokens`."""
        return {(role, token) for token in tokens for role in self._roles.get(token, ())}


def named(metadata: Mapping[str, object]) -> set[tuple[str, str]]:
    """(role, name) for each identity in `metadata`; a name is its first word without digits."""
    found = set()
    for key, value in metadata.items():
        role = ROLES.get(key.casefold())
        head = _head(value) if role and isinstance(value, str) else ""
        if role and head:
            found.add((role, head))
    return found


def _head(name: str) -> str:
    plain = (
        word for word in words(name) if word.isalpha() and (len(word) > 2 or not word.isascii())
    )
    return next(plain, "")


def facets(note: Note, names: Names | None = None) -> Facets:
    """Read what `note` states exactly; `names` adds names known from other notes' metadata."""
    text = _digits(" ; ".join([note.text, *_identities(note.metadata)]))
    amounts = _amounts(text)
    spoken = named(note.metadata) | (names.mentioned(words(note.text)) if names else set())
    return Facets(
        amounts=amounts,
        codes=_codes(text),
        numbers=_numbers(text).union(*amounts.values()),
        times=_times(text),
        dates=_dates(text),
        names=_by_key(spoken),
        negations=_negations(text),
    )


def terms(note: Note, exact: Facets) -> frozenset[str]:
    """The terms by which `note` resembles others: word beginnings, CJK bigrams, exact facets.

    Facets are spelled alike in every language ("three weeks" and "3週間" share a term).
    """
    found = set(_stems(" ".join([note.text, *_identities(note.metadata)])))
    found |= {f"{unit}={value:g}" for unit, values in exact.amounts.items() for value in values}
    found |= {f"#{value:g}" for value in exact.numbers}
    found |= {f"{letters}{digits}" for letters, all_ in exact.codes.items() for digits in all_}
    found |= {f"{role}={name}" for role, held in exact.names.items() for name in held}
    return frozenset(found)


def _stems(text: str) -> Iterable[str]:
    for word in words(_GROUPED.sub("", text)):
        if re.match(f"[{_UNSPACED}]", word):
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif any(char.isdigit() for char in word):
            yield word
            yield from (part for part in re.split(r"[\-/]", word) if 1 < len(part) < len(word))
        else:
            yield from (part[:STEM_LENGTH] for part in re.split(r"[.\-/:]", word))


def _identities(metadata: Mapping[str, object]) -> list[str]:
    return [str(value) for key, value in metadata.items() if key.casefold() in ROLES]


def _digits(text: str) -> str:
    spelled = _SPELLED.sub(lambda match: NUMBER_WORDS[match.group()], fold(text))
    return _GROUPED.sub("", _POINT.sub(r"\1.\2", spelled))


def _value(digits: str, thousands: str | None = None) -> float:
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        number = float(re.sub(r"[.,]", "", digits))
    else:
        whole, _, rest = digits.replace(",", ".").partition(".")
        number = float(f"{whole}.{rest.replace('.', '') or 0}")
    return number * 1000 if thousands else number


def _amounts(text: str) -> dict[str, frozenset[float]]:
    found: set[tuple[str, float]] = set()
    for match in _QUANTITY.finditer(text):
        low, thousands, high, unit = match.groups()
        values = {_value(n, thousands) for n in (low, high) if n}
        if UNITS[unit] != "year" or max(values) < CALENDAR_YEARS:
            found |= {(UNITS[unit], value) for value in values}
    for match in _PRICE.finditer(text):
        found.add((UNITS[match[1]], _value(match[2], match[3])))
    return _by_key(found)


def _numbers(text: str) -> frozenset[float]:
    return frozenset(_value(match[1], match[2]) for match in _BARE.finditer(text))


def _codes(text: str) -> dict[str, frozenset[str]]:
    found = {(match[1], match[2]) for match in _CODE.finditer(text) if match[1] not in _NOT_CODES}
    found |= {("version", match[1] or match[2]) for match in _VERSION.finditer(text)}
    return _by_key(found)


def _times(text: str) -> frozenset[str]:
    found = {f"{int(match[1]):02}:{match[2]}" for match in _CLOCK.finditer(text)}
    for match in _CLOCK_12.finditer(text):
        hour, half = int(match[1]), match[2]
        hour = hour if half == "uhr" else hour % 12 + (12 if half == "pm" else 0)
        found.add(f"{hour:02}:00")
    return frozenset(found)


def _dates(text: str) -> frozenset[str]:
    found = {f"{int(match[2])}-{int(match[3])}" for match in _DATE.finditer(text)}
    for month, day, day_first, month_last in _MONTH_DAY.findall(text):
        found.add(f"{MONTHS[month or month_last]}-{int(day or day_first)}")
    return frozenset(found)


def _negations(text: str) -> int:
    """How often `text` negates; "10 days, not 8" contrasts and does not."""
    spaced = sum(word in NEGATIONS for word in _WORDS.findall(_CONTRAST.sub(" ", text)))
    return spaced + sum(text.count(mark) for mark in NEGATIONS_UNSPACED)


def _by_key(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, frozenset[_V]]:
    grouped: dict[_K, set[_V]] = {}
    for key, value in pairs:
        grouped.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in grouped.items()}
