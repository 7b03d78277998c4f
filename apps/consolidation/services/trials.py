"""The test bench: what a prompt would make of some of a space's memories. It changes nothing.

Answers are not kept and nothing is proposed; only what was spent is counted, because it was spent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.audit.services import events
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.policy import ArchivistPolicy
from apps.consolidation.core.synthesis import connectable, may_connect
from apps.consolidation.core.topics import topics
from apps.consolidation.querysets import decidable
from apps.consolidation.services import (
    bench,
    briefs,
    nearness,
    policies,
    reading,
    summaries,
    synthesis,
)
from apps.consolidation.services.asking import Answered, Asking, Dropped
from apps.consolidation.services.work import Aside
from apps.kernel import isolation
from apps.kernel.errors import Forbidden, Invalid
from apps.memories.models import Memory
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.consolidation.core.support import Cited

TASKS = (summaries.TASK, synthesis.TASK, briefs.TASK)
MOST = 50  # clusters of one trial
LOOKED_AT = 2_000  # newest memories that clusters are made of: an answer is waited for
NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one cluster; its words are hostile.

    Attributes:
        sources: the memories, as claims cite them by their places from 0.
        kept: claims that the sources support; `dropped` those that they do not, and why.
        failed: why the whole would be dropped, as codes; empty where it would be shown.
        tokens: that the answer cost; 0 where it was remembered from a run.
    """

    sources: tuple[UUID, ...]
    kept: "tuple[Cited, ...]"
    dropped: tuple[Dropped, ...]
    failed: tuple[str, ...]
    tokens: int

    @property
    def passed(self) -> bool:
        """Whether every check let it through."""
        return not self.failed


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt on some clusters of a space.

    Attributes:
        model: that was asked; empty where there is none, and then nothing was.
        outcomes: largest cluster first; fewer than were asked for where there are no more.
        tokens: of all of them.
        trouble: why some have no answer: `no_model`, `budget`, `calls`, `unavailable`, `time`.
    """

    task: str
    model: str
    policy_version: int
    outcomes: tuple[Outcome, ...]
    tokens: int
    trouble: str


def attempt(
    *, actor: "Actor", space: Space, task: str, prompt: str | None = None, clusters: int = 10
) -> Trial:
    """Try a prompt on the largest clusters of a space's newest memories, for who answers for it.

    Blocks for the model: never call it inside a transaction.

    Args:
        prompt: in place of the policy's; None for the policy's own.
        clusters: how many at most, 1 to `MOST`. A brief has one: what it would be made of.

    Raises:
        Forbidden: the actor neither reviews the space nor owns it.
        Busy: somebody tries a prompt already.
        Invalid: an unknown task, or a prompt or number out of range.
    """
    if space.pk not in decidable(actor):
        raise Forbidden("You neither review this space nor own it.")
    # Holds are not the reviewer's to see
    with bench.taken(), isolation.acting_in(space.organisation_id):
        trial = run(space=space, task=task, prompt=prompt, clusters=clusters)
    events.record(
        action="archivist.try",
        by=actor.by,
        space=space.public_id,
        object_type="space",
        object_ids=[space.public_id],
        detail={"task": task, "clusters": len(trial.outcomes), "tokens": trial.tokens},
    )
    return trial


def run(*, space: Space, task: str, prompt: str | None = None, clusters: int = 10) -> Trial:
    """The same for an operator.

    Raises:
        Invalid: an unknown task, or a prompt or number out of range.
    """
    if task not in TASKS:
        raise Invalid(f"A task is one of: {', '.join(TASKS)}.", attr="task")
    if not 1 <= clusters <= MOST:
        raise Invalid(f"1 to {MOST} clusters can be tried at once.", attr="clusters")
    found = policies.in_force(space)
    policy = with_prompt(found.policy, task, prompt)
    work = Aside(space, found.version, policy, dry=True)
    chosen = _clusters(work, task)[:clusters]
    if work.model is None:
        unasked = tuple(Outcome(_ids(one), (), (), (NO_ANSWER,), 0) for one in chosen)
        return Trial(task, "", found.version, unasked, 0, synthesis.NO_MODEL)
    asking = Asking(work, task, getattr(policy, f"{task}_prompt"), keep=False)
    until = monotonic() + bench.SECONDS
    outcomes = tuple(_outcomes(work, task, asking, chosen, until))
    late = "time" if len(outcomes) < len(chosen) else ""
    trouble = asking.trouble or late
    return Trial(task, work.model.model, found.version, outcomes, asking.spent, trouble)


def with_prompt(policy: ArchivistPolicy, task: str, prompt: str | None) -> ArchivistPolicy:
    """The policy with another prompt for a task; None for its own.

    Raises:
        Invalid: the prompt is out of range.
    """
    if prompt is None:
        return policy
    changed: dict[str, Any] = {f"{task}_prompt": prompt}
    try:
        return replace(policy, **changed)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="prompt") from error


def _clusters(work: Aside, task: str) -> list[tuple[Piece, ...]]:
    """What the task would be about, the largest first."""
    if task == briefs.TASK:
        told = tuple(briefs.newest(work))
        return [told] if told else []
    rows = reading.candidates(work.space, work.now).order_by("-created_at", "-id")
    newest = list(rows.values_list("pk", flat=True)[:LOOKED_AT])
    held = reading.some(newest, work.space, work.now)
    pieces = nearness.clean(one for one in held.values() if may_connect(one))
    edges = nearness.near(work, task, pieces, sorted(pieces))
    found = [tuple(pieces[pk] for pk in ids) for ids in topics(pieces.values(), edges, work.policy)]
    if task == synthesis.TASK:
        found = list(connectable(found, people=work.policy.synthesis_people))
    return sorted(found, key=lambda one: (-len(one), one[0].id))


def _outcomes(
    work: Aside, task: str, asking: Asking, chosen: Sequence[tuple[Piece, ...]], until: float
) -> Iterator[Outcome]:
    for sources in chosen:
        if monotonic() > until:
            return
        answered = asking.claims(sources)
        if answered is None:
            yield Outcome(_ids(sources), (), (), (NO_ANSWER,), 0)
            continue
        failed = _failed(work, task, answered, sources)
        yield Outcome(_ids(sources), answered.kept, answered.dropped, failed, answered.tokens)


def _failed(
    work: Aside, task: str, answered: Answered, sources: Sequence[Piece]
) -> tuple[str, ...]:
    if task == synthesis.TASK:
        return synthesis.objections(work, answered, sources)
    if task == briefs.TASK:
        return briefs.objections(work, answered)
    return summaries.objections(work, answered, sources)


def _ids(sources: Sequence[Piece]) -> tuple[UUID, ...]:
    rows = Memory.objects.filter(pk__in=[piece.id for piece in sources])
    known = dict(rows.values_list("pk", "public_id"))
    return tuple(known[piece.id] for piece in sources)
