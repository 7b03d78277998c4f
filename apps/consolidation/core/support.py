"""Is a claim in its sources? Checked by rules, never by the model that made it.

A paraphrase passes when it states no number, code, date, time or name, and no negation, that the
cited sources do not state, and when most of what it says is said there. That refuses some honest
claims in quite other words; nothing is lost by it, because the sources stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.curation.core.facets import Facets, facets, terms, words
from apps.curation.core.lexicon import ARTICLES
from apps.curation.core.notes import Note
from apps.curation.core.screen import screen

ENOUGH = 0.6  # share of a claim's words that its sources must say
FEWEST = 3  # words of a claim that says anything


@dataclass(frozen=True, slots=True)
class Cited:
    """A claim with the positions of the sources that it cites."""

    text: str
    cites: tuple[int, ...]


def objections(claim: Cited, sources: Sequence[Note]) -> tuple[str, ...]:
    """Why a claim is not supported; empty when it is.

    Codes: `uncited` (no source, or an unknown one), `marked` (it looks like a secret, personal data
    or an instruction), `empty`, `number`, `code`, `date`, `time`, `name`, `negation`, `words`.
    """
    if not claim.cites or any(not 0 <= cite < len(sources) for cite in claim.cites):
        return ("uncited",)
    if screen(claim.text):
        return ("marked",)
    cited = [sources[cite] for cite in sorted(set(claim.cites))]
    said = _note(claim.text, cited[0])
    if len(set(words(claim.text)) - ARTICLES) < FEWEST:
        return ("empty",)
    held = [facets(note) for note in cited]
    found = set(_exact(facets(said), held))
    if not _names(claim.text) <= frozenset().union(*(words(note.text) for note in cited)):
        found.add("name")
    if _share(said, cited) < ENOUGH:
        found.add("words")
    return tuple(sorted(found))


def _note(text: str, like: Note) -> Note:
    return Note(0, 0, text, like.kind, (), {}, like.recorded_at, like.language)


def _exact(claim: Facets, held: Sequence[Facets]) -> set[str]:
    found = set()
    if not claim.numbers <= frozenset().union(*(one.numbers for one in held)):
        found.add("number")
    for kind, numbers in claim.codes.items():
        if not numbers <= frozenset().union(*(one.codes.get(kind, frozenset()) for one in held)):
            found.add("code")
    for unit, amounts in claim.amounts.items():
        if not amounts <= frozenset().union(*(one.amounts.get(unit, frozenset()) for one in held)):
            found.add("number")
    if not claim.dates <= frozenset().union(*(one.dates for one in held)):
        found.add("date")
    if not claim.times <= frozenset().union(*(one.times for one in held)):
        found.add("time")
    denied = [bool(one.negations) for one in held]
    if (claim.negations and not any(denied)) or (not claim.negations and all(denied)):
        found.add("negation")
    return found


def _names(text: str) -> frozenset[str]:
    """Words with a capital that do not begin a sentence."""
    spoken = text.split()
    inner = [
        raw
        for before, raw in pairwise(spoken)
        if raw[:1].isupper() and not before.endswith((".", "!", "?", ":"))
    ]
    return frozenset(word for raw in inner for word in words(raw))


def _share(claim: Note, cited: Sequence[Note]) -> float:
    said = terms(claim, facets(claim))
    if not said:
        return 0.0
    held = frozenset().union(*(terms(note, facets(note)) for note in cited))
    return len(said & held) / len(said)
