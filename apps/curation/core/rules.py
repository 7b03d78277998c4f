"""The certain rules: when two notes surely say the same, and when they surely do not.

Whatever these rules do not settle is open: similarity is no proof (see `grouping`). A *relay* is a
message passed on, word for word or nearly: it says the same and is no second witness.
"""

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from apps.curation.core.facets import Facets, Names, facets, terms, words
from apps.curation.core.lexicon import ARTICLES, DIMENSIONS, HEDGES, NEGATIONS, OPPOSITES
from apps.curation.core.notes import Note

Sameness = Literal["same", "different", "open"]

MESSAGE_LENGTH = 30  # letters from which a repeated text is a message and not a phrase
NEARLY_ALL = 0.85  # share of words in the same order from which one text is an edited copy
LONG_ENOUGH = 10  # words from which that share says something
ALIGNED = 0.5  # share of words in common from which a single differing word decides
READ_WORDS = 400  # a copy shows itself within these


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rules say about two notes, with stable reason codes.

    Reasons: `identical`, `wording` (same but for articles), `relay`; apart by `number`, `unit`,
    `code`, `time`, `date`, `name`, `negation`, `opposite`. A `relay` may be open: a message inside
    a longer note says more than the message.
    """

    sameness: Sameness
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A note prepared for comparison, so that each text is read once."""

    letters: str
    words: tuple[str, ...]
    capitals: frozenset[str]
    facets: Facets
    terms: frozenset[str]


def read(note: Note, names: Names | None = None) -> Reading:
    """Prepare `note`; `names` are known customers, suppliers, products (see `Names.of`)."""
    exact = facets(note, names)
    spoken = words(note.text)
    capitals = {word for raw in note.text.split() if raw[:1].isupper() for word in words(raw)}
    return Reading(
        letters="".join("".join(filter(str.isalnum, word)) for word in spoken),
        words=spoken,
        capitals=frozenset(capitals),
        facets=exact,
        terms=terms(note, exact),
    )


def compare(a: Note, b: Note, names: Names | None = None) -> Comparison:
    """What certain rules say about `a` and `b`; symmetric.

    Args:
        a: one note.
        b: the other note.
        names: names known from the metadata of more notes; by default those of the two.
    """
    known = names or Names.of((a, b))
    return compare_readings(read(a, known), read(b, known))


def compare_readings(a: Reading, b: Reading) -> Comparison:
    """`compare` for notes already read with the same names."""
    apart = differences(a, b)
    if apart:
        return Comparison("different", apart)
    if a.letters == b.letters:
        return Comparison("same", ("identical", "relay"))
    if relay := _relay(a, b):
        return relay
    if _plain(a.words) == _plain(b.words):
        return Comparison("same", ("wording",))
    return Comparison("open")


def differences(a: Reading, b: Reading) -> tuple[str, ...]:
    """Codes of the vetoes that keep `a` and `b` apart; empty when there is none."""
    found = _exact_differences(a.facets, b.facets)
    if not found and a.letters != b.letters and _aligned(a.words, b.words):
        found = _worded_differences(a, b)
    return tuple(sorted(found))


def _exact_differences(a: Facets, b: Facets) -> set[str]:
    found = set()
    if any(_foreign(a, b, unit) for unit in a.amounts.keys() & b.amounts.keys()):
        found.add("number")
    if _other_unit(a, b):
        found.add("unit")
    if any(a.codes[kind].isdisjoint(b.codes[kind]) for kind in a.codes.keys() & b.codes.keys()):
        found.add("code")
    if a.times and b.times and a.times.isdisjoint(b.times):
        found.add("time")
    if any(a.names[role].isdisjoint(b.names[role]) for role in a.names.keys() & b.names.keys()):
        found.add("name")
    return found


def _foreign(a: Facets, b: Facets, unit: str) -> bool:
    """Whether neither text mentions any amount that the other one states in `unit`."""
    return a.amounts[unit].isdisjoint(b.numbers) and b.amounts[unit].isdisjoint(a.numbers)


def _other_unit(a: Facets, b: Facets) -> bool:
    """Whether one amount stands in two units of one dimension: 3 minutes here, 3 seconds there."""
    return any(
        one != other
        and DIMENSIONS[one] == DIMENSIONS[other]
        and one not in b.amounts
        and other not in a.amounts
        and not a.amounts[one].isdisjoint(b.amounts[other])
        for one in a.amounts
        for other in b.amounts
    )


def _aligned(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    left, right = set(a) - ARTICLES, set(b) - ARTICLES
    return len(left & right) >= ALIGNED * max(len(left), len(right), 1)


def _worded_differences(a: Reading, b: Reading) -> set[str]:
    """Vetoes that a single word decides, for texts that agree in most of the others."""
    left, right = set(a.words) - set(b.words), set(b.words) - set(a.words)
    found = set()
    if bool(a.facets.negations) != bool(b.facets.negations):
        found.add("negation")
    if any(frozenset((x, y)) in OPPOSITES for x in left for y in right):
        found.add("opposite")
    if a.facets.dates and b.facets.dates and a.facets.dates.isdisjoint(b.facets.dates):
        found.add("date")
    if a.facets.numbers and b.facets.numbers and a.facets.numbers.isdisjoint(b.facets.numbers):
        found.add("number")
    if _renamed(a, b):
        found.add("name")
    return found


def _renamed(a: Reading, b: Reading) -> bool:
    """Whether the texts differ in one place only and that place is a name in both."""
    steps = SequenceMatcher(None, _plain(a.words), _plain(b.words), autojunk=False).get_opcodes()
    changed = [step for step in steps if step[0] != "equal"]
    if len(changed) != 1 or changed[0][0] != "replace":
        return False
    _, start, end, other_start, other_end = changed[0]
    left, right = _plain(a.words)[start:end], _plain(b.words)[other_start:other_end]
    if start == 0 and min(len(left), len(right)) < 2:
        return False  # any single word is a capital where a sentence begins
    return set(left) <= a.capitals and set(right) <= b.capitals


def _plain(spoken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in spoken[:READ_WORDS] if word not in ARTICLES)


def _relay(a: Reading, b: Reading) -> Comparison | None:
    short, long = sorted((a, b), key=lambda reading: (len(reading.letters), reading.letters))
    if _weight(short.letters) < MESSAGE_LENGTH:
        return None
    if short.letters in long.letters:
        sameness: Sameness = "same" if _only_wrapped(short, long) else "open"
        return Comparison(sameness, ("relay",))
    return Comparison("open", ("relay",)) if _edited_copy(a, b) else None


def is_relay(a: Reading, b: Reading) -> bool:
    """Whether one of the two texts passes on the other, word for word or nearly."""
    return a.letters == b.letters or _relay(a, b) is not None


def _weight(letters: str) -> int:
    """Length in letters; a character of a script without an alphabet counts three."""
    return sum(3 if char >= "぀" else 1 for char in letters)


def _only_wrapped(short: Reading, long: Reading) -> bool:
    """Whether `long` adds a greeting or a sender to `short` and nothing that changes it."""
    added = Counter(long.words) - Counter(short.words)
    risky = any(word in HEDGES or word in NEGATIONS or not word.isalpha() for word in added)
    return not risky and added.total() <= max(4, len(short.words) // 3)


def _edited_copy(a: Reading, b: Reading) -> bool:
    left, right = a.words[:READ_WORDS], b.words[:READ_WORDS]
    if min(len(left), len(right)) < LONG_ENOUGH:
        return False
    common = 2 * (Counter(left) & Counter(right)).total()
    if common < NEARLY_ALL * (len(left) + len(right)):
        return False
    return _order_share(left, right) >= NEARLY_ALL


def _order_share(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    # The matcher is not symmetric; the better of both directions is.
    return max(
        SequenceMatcher(None, one, other, autojunk=False).ratio()
        for one, other in ((left, right), (right, left))
    )
