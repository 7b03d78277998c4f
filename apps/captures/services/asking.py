"""What a language model finds worth a note in a stretch, after the check. Nothing here writes."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from apps.captures.core import spans
from apps.captures.core.candidates import Bar, Candidate, objection, span
from apps.captures.core.extraction import statements
from apps.captures.core.spans import Piece
from apps.captures.core.transcript import Role
from apps.captures.models import Capture
from apps.consolidation.core.policy import MODEL_OF_THE_HUB, NO_MODEL, ArchivistPolicy
from apps.curation.core.screen import screen
from apps.providers.errors import ModelBudgetSpent, ModelUnavailable
from apps.providers.language import (
    REQUESTS_IN_A_TIME_BOX,
    LanguageModel,
    get_chosen_model,
    get_language_model,
)
from apps.providers.prompts import distilled
from apps.providers.protocol import Distilled, SourcesItem, Statement, Task, TextItem, Why
from apps.usage.models import Purpose
from apps.usage.services import budgets
from apps.usage.services.ledger import charging

Row = tuple[str, str, int, int]


class UnansweredError(Exception):
    """The model gave nothing usable about this chunk, others may fare better; names the reason."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.reason = f"model_{why}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a capture to ask about.

    Attributes:
        start: where in the capture they begin.
        role: who was speaking there.
    """

    capture: Capture
    start: int
    data: bytes
    role: Role


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a stretch does not say, and why it was dropped; hostile words."""

    candidate: Candidate
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a model made of a stretch.

    Attributes:
        rows: as `CaptureChunk.found` keeps them: what, words, and the bytes of the capture.
        dropped: what the stretch does not say.
        withheld: pieces that the screen marks: they were not shown, and the rules looked at them
            instead.
        made_by: task, version and model.
        tokens: that the answer cost.
    """

    rows: list[Row]
    dropped: tuple[Dropped, ...]
    withheld: int
    made_by: str
    tokens: int

    @property
    def counts(self) -> Counter[str]:
        """`dropped.<code>`, and `withheld` where there are any."""
        counts = Counter(f"dropped.{one.code}" for one in self.dropped)
        return counts + Counter(withheld=self.withheld)


@dataclass(frozen=True, slots=True)
class _Answer:
    candidates: list[Candidate]
    tokens: int


def model(policy: ArchivistPolicy) -> LanguageModel | None:
    """The model that distils for a space; None for rules.

    `CAPTURE_MODEL=none` is the operator's word that no transcript leaves the hub, whatever a policy
    says.
    """
    if NO_MODEL in {settings.CAPTURE_MODEL, policy.distil_model}:
        return None
    if policy.distil_model == MODEL_OF_THE_HUB:
        return get_language_model(settings.CAPTURE_MODEL)
    return get_chosen_model(policy.distil_model)


def patience() -> timedelta:
    """How long one chunk may take, at most."""
    return timedelta(seconds=settings.LLM_TIMEOUT_SECONDS * (REQUESTS_IN_A_TIME_BOX + 1))


def ask(asked: LanguageModel, policy: ArchivistPolicy, stretch: Stretch) -> Found | None:
    """Ask about a stretch; None where it is more than a model reads at once.

    Blocks for the network: never inside a transaction.

    Raises:
        ModelUnavailable: no answer now, or today's budget is spent; the chunk waits.
        UnansweredError: an answer that cannot be used.
    """
    pieces = spans.pieces(stretch.data, role=stretch.role)
    looked_at = [(piece, bool(screen(piece.text))) for piece in pieces]
    shown = [piece for piece, marked in looked_at if not marked]
    withheld = [piece for piece, marked in looked_at if marked]
    task = distilled(policy.distil_prompt)
    answer = _answered(asked, policy, task, stretch, shown) if shown else _Answer([], 0)
    if answer is None:
        return None
    bar = Bar(policy.distil_support, policy.distil_span)
    judged = [(one, objection(one, shown, bar)) for one in answer.candidates]
    rows = [*_by_rules(withheld), *_borne_out(judged, shown)]
    placed = [(what, text, stretch.start + a, stretch.start + b) for what, text, a, b in rows]
    return Found(
        rows=list(dict.fromkeys(placed)),
        dropped=tuple(Dropped(one, code) for one, code in judged if code),
        withheld=len(withheld),
        made_by=f"{task.name}/{task.version} {asked.model}"[:200],
        tokens=answer.tokens,
    )


def _by_rules(withheld: Sequence[Piece]) -> Iterator[Row]:
    for piece in withheld:
        for one in statements(piece.text, role=piece.role):
            yield one.what, one.text, piece.start, piece.end


def _borne_out(judged: Sequence[tuple[Candidate, str]], shown: Sequence[Piece]) -> Iterator[Row]:
    for candidate, code in judged:
        if not code:
            yield candidate.what, candidate.text, *span(candidate, shown)


def _answered(
    asked: LanguageModel,
    policy: ArchivistPolicy,
    task: Task[SourcesItem, Distilled],
    stretch: Stretch,
    shown: Sequence[Piece],
) -> _Answer | None:
    """What the model finds in the pieces, unchecked; None where they are too many for it."""
    names = {secrets.token_hex(4): place for place in range(len(shown))}
    item = SourcesItem(
        id=secrets.token_hex(6),
        sources=tuple(TextItem(name, _spoken(shown[place])) for name, place in names.items()),
    )
    space, organisation = stretch.capture.space_id, stretch.capture.organisation_id
    _check_budget(space, policy)
    with charging(Purpose.CAPTURES, organisation=organisation, space=space):
        completion = asked.complete(task, [item])
    if completion.answers:
        said = completion.answers[0].statements
        return _Answer([_candidate(one, names) for one in said], completion.spent.tokens)
    why = completion.unanswered[0].why
    if why is Why.TOO_LONG:
        return None
    if why is Why.NOT_ASKED:
        raise ModelUnavailable(completion.trouble)
    raise UnansweredError(why)


def _check_budget(space_id: int, policy: ArchivistPolicy) -> None:
    """Before each question; what it will cost is known only afterwards.

    Raises:
        ModelBudgetSpent: the space's transcripts have had their tokens of today.
    """
    spent = budgets.tokens_today(space_id, Purpose.CAPTURES)
    if spent >= policy.distil_tokens_per_day:
        raise ModelBudgetSpent(
            f"{spent:,} of {policy.distil_tokens_per_day:,} tokens for transcripts of this space"
            " are spent today (UTC)."
        )


def _candidate(statement: Statement, names: dict[str, int]) -> Candidate:
    cites = tuple(names.get(cite, -1) for cite in statement.cites)
    return Candidate(statement.what, statement.text, cites)


def _spoken(piece: Piece) -> str:
    """As the model reads it, with who speaks."""
    return f"{piece.role}: {piece.text}" if piece.role else piece.text
