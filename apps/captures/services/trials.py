"""The test bench: what a prompt would find in some transcripts. It changes nothing.

Nothing is kept and no memory is made; only what was spent is booked, because it was spent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from apps.audit.services import events
from apps.captures.core.extraction import statements
from apps.captures.core.spans import readable, stretches
from apps.captures.models import Capture, CaptureState
from apps.captures.services import asking
from apps.captures.services.asking import Dropped, Row, Stretch, UnansweredError
from apps.captures.services.captures import content
from apps.captures.services.distilling import CHUNK_BYTES, unsafe
from apps.consolidation.core.policy import ArchivistPolicy
from apps.consolidation.querysets import decidable
from apps.consolidation.services import bench, policies
from apps.consolidation.services.trials import with_prompt
from apps.kernel import isolation
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.providers.errors import ModelBudgetSpent, ModelUnavailable
from apps.providers.language import LanguageModel

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

TASK = "distil"
MOST = 20  # stretches of one trial, and captures
NO_MODEL, NO_ANSWER, TOO_LONG = "no_model", "no_answer", "too_long"


@dataclass(frozen=True, slots=True)
class Finding:
    """What would become a memory; hostile words.

    Attributes:
        start, end: bytes of the capture that say it; `end` is not included.
        left_out: why the screen would keep it from becoming one; empty where it would not.
    """

    what: str
    text: str
    start: int
    end: int
    left_out: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one stretch.

    Attributes:
        start, end: bytes of the capture; `end` is not included.
        made_by: `rules`, or task, version and model.
        dropped: what the stretch does not say.
        withheld: pieces that were not shown to the model.
        failed: why there is no answer of a model: `no_answer`, `too_long` (a run would go by the
            rules), `model_...`; empty where there is one.
    """

    capture: UUID
    start: int
    end: int
    made_by: str
    found: tuple[Finding, ...]
    dropped: tuple[Dropped, ...] = ()
    withheld: int = 0
    failed: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt on some stretches.

    Attributes:
        model: that was asked; empty where there is none: then the rules tell what they find.
        trouble: why some have no answer: `no_model`, `budget`, `unavailable`, `time`; or empty.
    """

    model: str
    policy_version: int
    outcomes: tuple[Outcome, ...]
    tokens: int
    trouble: str


def attempt(
    *, actor: "Actor", captures: Sequence[UUID], prompt: str | None = None, most: int = 10
) -> Trial:
    """Try a prompt on transcripts of the asker, in the order of their stretches.

    Blocks for the model: never call it inside a transaction.

    Args:
        captures: public ids of complete ones in one space, 1 to `MOST`.
        prompt: in place of the policy's; None for the policy's own.
        most: stretches at most, 1 to `MOST`.

    Raises:
        Forbidden: the space is not the asker's to decide on, or the asker is an agent.
        Invalid: an unknown capture, or a prompt or number out of range.
        Conflict: one is still being uploaded.
        Busy: somebody tries a prompt already.
    """
    named = list(dict.fromkeys(captures))
    visible = Capture.objects.visible_to(actor).select_related("space")
    known = {row.public_id: row for row in visible.filter(public_id__in=named)}
    if len(known) != len(named):
        raise Invalid("There is no such capture.", attr="captures")
    rows = [known[public_id] for public_id in named]
    if not {row.space_id for row in rows} <= decidable(actor):
        raise Forbidden("You do not answer for the archivist of this space.")
    with bench.taken():
        trial = run(captures=rows, prompt=prompt, most=most)
    events.record(
        action="capture.try",
        by=actor.by,
        space=rows[0].space.public_id,
        object_type="capture",
        object_ids=named,
        detail={"stretches": len(trial.outcomes), "tokens": trial.tokens},
    )
    return trial


def run(*, captures: Sequence[Capture], prompt: str | None = None, most: int = 10) -> Trial:
    """The same for an operator.

    Raises:
        Invalid, Conflict: as for `attempt`.
    """
    _check(captures, most)
    space = captures[0].space
    with isolation.acting_in(space.organisation_id):  # a space above need not be the asker's
        told = policies.in_force(space)
    policy = with_prompt(told.policy, TASK, prompt)
    model = asking.model(policy)
    chosen = list(_stretches(captures, most))
    if model is None:
        by_rules = tuple(map(_by_rules, chosen))
        return Trial("", told.version, by_rules, 0, NO_MODEL)
    bench = _Bench(model, policy)
    outcomes = tuple(bench.outcomes(chosen))
    tokens = sum(one.tokens for one in outcomes)
    return Trial(model.model, told.version, outcomes, tokens, bench.trouble)


class _Bench:
    """Asks about stretches until something stops it; `trouble` says what."""

    def __init__(self, model: LanguageModel, policy: ArchivistPolicy) -> None:
        self._model = model
        self._policy = policy
        self.trouble = ""

    def outcomes(self, chosen: Sequence[Stretch]) -> Iterator[Outcome]:
        until = monotonic() + bench.SECONDS
        for stretch in chosen:
            if monotonic() > until:
                self.trouble = "time"
            if self.trouble:
                return
            yield self._outcome(stretch)

    def _outcome(self, stretch: Stretch) -> Outcome:
        try:
            found = asking.ask(self._model, self._policy, stretch)
        except ModelBudgetSpent:
            return self._unanswered(stretch, "budget")
        except ModelUnavailable:
            return self._unanswered(stretch, "unavailable")
        except UnansweredError as error:
            return _outcome(stretch, failed=error.reason)
        if found is None:
            return _outcome(stretch, failed=TOO_LONG)
        return Outcome(
            *_place(stretch), found.made_by, _findings(found.rows), found.dropped, found.withheld,
            tokens=found.tokens,
        )  # fmt: skip

    def _unanswered(self, stretch: Stretch, trouble: str) -> Outcome:
        self.trouble = trouble
        return _outcome(stretch, failed=NO_ANSWER)


def _check(captures: Sequence[Capture], most: int) -> None:
    if not 1 <= len(captures) <= MOST:
        raise Invalid(f"1 to {MOST} captures can be tried at once.", attr="captures")
    if not 1 <= most <= MOST:
        raise Invalid(f"1 to {MOST} stretches can be tried at once.", attr="stretches")
    if len({one.space_id for one in captures}) > 1:
        raise Invalid("They lie in several spaces with policies of their own.", attr="captures")
    if any(one.state == CaptureState.OPEN for one in captures):
        raise Conflict("A capture is still being uploaded.")


def _stretches(captures: Sequence[Capture], most: int) -> Iterator[Stretch]:
    """The first of them, cut as for distilling."""
    left = most
    for capture in captures:
        data = b"".join(content(capture)) if left else b""
        for (start, end), role in stretches(data, size=CHUNK_BYTES):
            if not left:
                return
            left -= 1
            yield Stretch(capture, start, data[start:end], role)


def _by_rules(stretch: Stretch) -> Outcome:
    found = statements(readable(stretch.data), role=stretch.role)
    whole = _place(stretch)[1:]
    return Outcome(
        *_place(stretch), "rules", _findings([(one.what, one.text, *whole) for one in found])
    )


def _outcome(stretch: Stretch, *, failed: str) -> Outcome:
    return Outcome(*_place(stretch), "", (), failed=failed)


def _place(stretch: Stretch) -> tuple[UUID, int, int]:
    return stretch.capture.public_id, stretch.start, stretch.start + len(stretch.data)


def _findings(rows: Sequence[Row]) -> tuple[Finding, ...]:
    return tuple(Finding(*row, unsafe(row[1])) for row in rows)
