"""Is what a model distilled in the place it cites? Checked by rules, never by the model.

A candidate passes when it states no number, code, date or time, and no negation, that the cited
pieces do not state, and when most of its words are said there. That refuses some honest ones in
quite other words; nothing is lost by it, because the transcript stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.captures.core.extraction import KINDS, LONGEST, SHORTEST, What
from apps.captures.core.spans import Piece
from apps.curation.core.facets import Facets, facets, terms
from apps.curation.core.notes import Note

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something worth a note, as a model put it; hostile input.

    Attributes:
        cites: places in the list of pieces; -1 for one that was not asked about.
    """

    what: What
    text: str
    cites: tuple[int, ...]

    @property
    def kind(self) -> str:
        """Kind of memory."""
        return KINDS[self.what]


@dataclass(frozen=True, slots=True)
class Bar:
    """How well a candidate must be borne out.

    Attributes:
        support: share of its words, in [0, 1], that its pieces must say.
        apart: pieces from the first to the last that it may cite; at least 1.
    """

    support: float = 0.7
    apart: int = 6


USUAL = Bar()


def span(candidate: Candidate, pieces: Sequence[Piece]) -> tuple[int, int]:
    """Bytes from the first to the last piece that it cites; only of one without objections."""
    cited = [pieces[place] for place in candidate.cites]
    return min(piece.start for piece in cited), max(piece.end for piece in cited)


def objection(candidate: Candidate, pieces: Sequence[Piece], bar: Bar = USUAL) -> str:
    """Why a candidate is dropped; empty when it is supported.

    Codes: `uncited` (no piece, an unknown one, or pieces far apart), `size`, `speaker` (only
    programs speak there, or it is a preference of an assistant), `command` (not word for word),
    `number`, `code`, `date`, `time`, `negation`, `words`.
    """
    places = candidate.cites
    if not places or any(not 0 <= place < len(pieces) for place in places):
        return "uncited"
    if max(places) - min(places) >= bar.apart:
        return "uncited"
    if not SHORTEST <= len(candidate.text) <= LONGEST:
        return "size"
    cited = [pieces[place] for place in sorted(set(places))]
    if not _may_say(candidate.what, cited):
        return "speaker"
    said = " ".join(" ".join(piece.text.split()) for piece in cited)
    if candidate.what == "command":
        return "" if " ".join(candidate.text.split()) in said else "command"
    return _unsupported(candidate.text, said, bar.support)


def _may_say(what: What, cited: Sequence[Piece]) -> bool:
    roles = {piece.role for piece in cited}
    if what == "preference":
        return not roles & {"assistant", "tool"}
    return what == "command" or roles != {"tool"}


def _unsupported(text: str, said: str, support: float) -> str:
    claim, held = _note(text), _note(said)
    exact, stated = facets(claim), facets(held)
    if code := _exact(exact, stated):
        return code
    spoken = terms(claim, exact)
    shared = spoken & terms(held, stated)
    return "" if spoken and len(shared) / len(spoken) >= support else "words"


def _exact(claim: Facets, held: Facets) -> str:
    if not claim.numbers <= held.numbers:
        return "number"
    for unit, amounts in claim.amounts.items():
        if not amounts <= held.amounts.get(unit, frozenset()):
            return "number"
    for kind, codes in claim.codes.items():
        if not codes <= held.codes.get(kind, frozenset()):
            return "code"
    if not claim.dates <= held.dates:
        return "date"
    if not claim.times <= held.times:
        return "time"
    return "negation" if claim.negations and not held.negations else ""


def _note(text: str) -> Note:
    return Note(0, 0, text, "fact", (), {}, _LONG_AGO)
