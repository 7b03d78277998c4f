"""What a language model finds worth a note in a chunk, after the check. Nothing here writes."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from apps.captures.core import spans
from apps.captures.core.candidates import Candidate, objection, span
from apps.captures.core.extraction import statements
from apps.captures.core.spans import Piece
from apps.captures.core.transcript import Role
from apps.captures.models import CaptureChunk
from apps.curation.core.screen import screen
from apps.providers.errors import ModelUnavailable
from apps.providers.language import REQUESTS_IN_A_TIME_BOX, LanguageModel, get_language_model
from apps.providers.prompts import DISTIL
from apps.providers.protocol import SourcesItem, Statement, TextItem, Why
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

NO_MODEL = "none"


class UnansweredError(Exception):
    """The model gave nothing usable about this chunk, others may fare better; names the reason."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.reason = f"model_{why}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a model made of a chunk.

    Attributes:
        rows: as `CaptureChunk.found` keeps them.
        counts: `dropped.<code>`, and `withheld` pieces that the screen marks: they were not shown,
            and the rules looked at them instead.
        made_by: task, version and model.
    """

    rows: list[tuple[str, str, int, int]]
    counts: Counter[str]
    made_by: str


def model() -> LanguageModel | None:
    """The model that distils; None for rules."""
    if settings.CAPTURE_MODEL == NO_MODEL:
        return None
    return get_language_model(settings.CAPTURE_MODEL)


def patience() -> timedelta:
    """How long one chunk may take, at most."""
    return timedelta(seconds=settings.LLM_TIMEOUT_SECONDS * (REQUESTS_IN_A_TIME_BOX + 1))


def ask(asked: LanguageModel, chunk: CaptureChunk, data: bytes, *, role: Role) -> Found | None:
    """Ask about the bytes of a chunk; None where they are more than a model reads at once.

    Blocks for the network: never inside a transaction.

    Raises:
        ModelUnavailable: no answer now, or today's budget is spent; the chunk waits.
        UnansweredError: an answer that cannot be used.
    """
    looked_at = [(piece, bool(screen(piece.text))) for piece in spans.pieces(data, role=role)]
    shown = [piece for piece, marked in looked_at if not marked]
    withheld = [piece for piece, marked in looked_at if marked]
    candidates = _answered(asked, chunk, shown) if shown else []
    if candidates is None:
        return None
    counts = Counter({"withheld": len(withheld)} if withheld else {})
    rows = [
        (one.what, one.text, piece.start, piece.end)
        for piece in withheld
        for one in statements(piece.text, role=piece.role)
    ]
    for candidate in candidates:
        code = objection(candidate, shown)
        if code:
            counts[f"dropped.{code}"] += 1
        else:
            rows.append((candidate.what, candidate.text, *span(candidate, shown)))
    placed = [
        (what, text, chunk.start + start, chunk.start + end) for what, text, start, end in rows
    ]
    made_by = f"{DISTIL.name}/{DISTIL.version} {asked.model}"[:200]
    return Found(list(dict.fromkeys(placed)), counts, made_by)


def _answered(
    asked: LanguageModel, chunk: CaptureChunk, shown: Sequence[Piece]
) -> list[Candidate] | None:
    """What the model finds in the pieces, unchecked; None where they are too many for it."""
    names = {secrets.token_hex(4): place for place in range(len(shown))}
    item = SourcesItem(
        id=secrets.token_hex(6),
        sources=tuple(TextItem(name, _spoken(shown[place])) for name, place in names.items()),
    )
    capture = chunk.capture
    with charging(Purpose.CAPTURES, organisation=capture.organisation_id, space=capture.space_id):
        completion = asked.complete(DISTIL, [item])
    if completion.answers:
        return [_candidate(one, names) for one in completion.answers[0].statements]
    why = completion.unanswered[0].why
    if why is Why.TOO_LONG:
        return None
    if why is Why.NOT_ASKED:
        raise ModelUnavailable(completion.trouble)
    raise UnansweredError(why)


def _candidate(statement: Statement, names: dict[str, int]) -> Candidate:
    cites = tuple(names.get(cite, -1) for cite in statement.cites)
    return Candidate(statement.what, statement.text, cites)


def _spoken(piece: Piece) -> str:
    """As the model reads it, with who speaks."""
    return f"{piece.role}: {piece.text}" if piece.role else piece.text
