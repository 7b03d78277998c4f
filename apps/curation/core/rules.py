"""The certain rules: when two notes surely say the same, and when they surely do not.

Whatever these rules do not settle is open: similarity is no proof (see `grouping`). A *relay* is a
message passed on, word for word or nearly, with or without additions: it is no second witness, and
what it adds is not what the message says.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from apps.curation.core.facets import Facets, Names, facets, terms, words
from apps.curation.core.lexicon import ARTICLES, DIMENSIONS, OPPOSITES
from apps.curation.core.notes import Note

Sameness = Literal["same", "different", "open"]

MESSAGE_LENGTH = 30  # letters from which a repeated text is a message and not a phrase
NEARLY_ALL = 0.85  # share of words in the same order from which one text is an edited copy
LONG_ENOUGH = 10  # words from which that share says something
ALIGNED = 0.5  # share of words in common from which a single differing word decides
READ_WORDS = 400  # a copy shows itself within these
_OPPOSITES_OF = {
    word: frozenset().union(*(pair for pair in OPPOSITES if word in pair)) - {word}
    for word in frozenset().union(*OPPOSITES)
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rules say about two notes, with stable reason codes.

    Only the same letters with the same exact facets are the same. Reasons: `identical`, `relay`,
    `wording` (alike but for articles); apart by `number`, `unit`, `code`, `time`, `date`, `name`,
    `negation`, `opposite`. A relay that is not identical is open: a message inside a longer note
    says more than the message.
    """

    sameness: Sameness
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A note prepared for comparison, so that each text is read once.

    `content` are the different words without articles. Equal readings compare alike with any third.
    """

    letters: str
    words: tuple[str, ...]
    capitals: frozenset[str]
    content: frozenset[str]
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
        content=frozenset(spoken) - ARTICLES,
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
    if a.letters == b.letters and a.facets == b.facets:
        return Comparison("same", ("identical", "relay"))
    if _passes_on(a, b):
        return Comparison("open", ("relay",))
    return Comparison("open", ("wording",) if _plain(a.words) == _plain(b.words) else ())


def differences(a: Reading, b: Reading) -> tuple[str, ...]:
    """Codes of the vetoes that keep `a` and `b` apart; empty when there is none."""
    found = _exact_differences(a.facets, b.facets)
    if not found and a.letters != b.letters and _aligned(a.content, b.content):
        found = _worded_differences(a, b)
    return tuple(sorted(found))


def aligned(a: Reading, b: Reading) -> bool:
    """Whether the texts share so many words that what differs says something about one thing."""
    return _aligned(a.content, b.content)


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


def _aligned(a: frozenset[str], b: frozenset[str]) -> bool:
    enough = ALIGNED * max(len(a), len(b), 1)
    return min(len(a), len(b)) >= enough and len(a & b) >= enough


def _worded_differences(a: Reading, b: Reading) -> set[str]:
    """Vetoes that a single word decides, for texts that agree in most of the others."""
    left, right = a.content - b.content, b.content - a.content
    found = set()
    if bool(a.facets.negations) != bool(b.facets.negations):
        found.add("negation")
    if any(not right.isdisjoint(_OPPOSITES_OF.get(word, ())) for word in left):
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
    one, other = _plain(a.words), _plain(b.words)
    start = _alike_at_start(one, other)
    end = _alike_at_start(one[start:][::-1], other[start:][::-1])
    left, right = set(one[start : len(one) - end]), set(other[start : len(other) - end])
    if not left or not right or left & right:
        return False
    if start == 0 and min(len(one), len(other)) - end < 2:
        return False  # any single word is a capital where a sentence begins
    return left <= a.capitals and right <= b.capitals


def _alike_at_start(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(one), len(other)))


def _plain(spoken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in spoken[:READ_WORDS] if word not in ARTICLES)


def is_relay(a: Reading, b: Reading) -> bool:
    """Whether one of the two texts passes on the other: word for word, nearly, or but for articles.

    It may add to the message, a greeting or a claim of its own; the message has one author still.
    """
    return _passes_on(a, b) or _plain(a.words) == _plain(b.words)


def _passes_on(a: Reading, b: Reading) -> bool:
    if a.letters == b.letters:
        return True
    short, long = sorted((a, b), key=lambda reading: len(reading.letters))
    if _weight(short.letters) < MESSAGE_LENGTH:
        return False
    return short.letters in long.letters or _edited_copy(a, b)


def _weight(letters: str) -> int:
    """Length in letters; a character of a script without an alphabet counts three."""
    return sum(3 if char >= "぀" else 1 for char in letters)


def _edited_copy(a: Reading, b: Reading) -> bool:
    left, right = a.words[:READ_WORDS], b.words[:READ_WORDS]
    if min(len(left), len(right)) < LONG_ENOUGH:
        return False
    enough = NEARLY_ALL * (len(left) + len(right)) / 2
    if min(len(left), len(right)) < enough:
        return False
    if (Counter(left) & Counter(right)).total() < enough:
        return False
    return _in_same_order(left, right) >= enough


def _in_same_order(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """Words in the longest common subsequence, in one step of wide integers for each of `right`.

    Source:
        Hyyrö 2004, Bit-parallel LCS-length computation revisited.
    """
    places: dict[str, int] = {}
    for position, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << position
    whole = unmatched = (1 << len(left)) - 1
    for word in right:
        hits = unmatched & places.get(word, 0)
        unmatched = (unmatched + hits | unmatched - hits) & whole
    return len(left) - unmatched.bit_count()
