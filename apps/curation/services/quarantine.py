"""What people do about a mark: its owner disputes or accepts it, a reviewer judges the dispute.

Nobody judges what they cannot read. A mark shows a reviewer whose note it is, why and since when;
the words stay closed until their owner disputes the mark and thereby opens this one revision to
the reviewers of the spaces above. They are closed again with the judgement, with an edit, and when
the owner takes the note out of promotion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, F, Func

from apps.audit.services import events
from apps.curation.core import quarantine
from apps.curation.core.quarantine import State
from apps.curation.core.screen import Mark, screen
from apps.curation.models import Screening, ScreeningState
from apps.curation.services.candidates import AlreadyDecided
from apps.curation.services.screening import standing_of
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Words:
    """What a marked revision says, and where the marks are in its text."""

    text: str
    tags: Sequence[str]
    metadata: Mapping[str, Any]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """Marks with one code by what became of them.

    Attributes:
        code: as the screen reports it.
        states: number of marks by state; states without one are left out.
        false_alarm_share: released of those judged, in [0, 1]; None when none was judged.
    """

    code: str
    states: Mapping[str, int]
    false_alarm_share: float | None


def words_of(*, actor: "Actor", mark: Screening) -> Words | None:
    """What the marked revision says, if the actor may read it now; else None."""
    if not _own(actor, mark) and not _opened(mark):
        return None
    memory = mark.memory
    if memory.revision != mark.revision:
        return None
    found = screen(memory.text, metadata=memory.metadata, tags=memory.tags)
    return Words(memory.text, memory.tags, memory.metadata, found)


@transaction.atomic
def dispute(*, actor: "Actor", mark: Screening, reason: str = "") -> Screening:
    """The owner calls it a false alarm and opens this revision to the reviewers above.

    Raises:
        Forbidden: the actor is not the owner in person; an agent opens nothing.
        Conflict: the note says something else by now, or does not take part in promotion.
        AlreadyDecided: it is disputed or judged already.
        ReadOnly: the space takes no writes.
    """
    locked = _lock(mark)
    _check_owner(actor, locked)
    _check_move(locked, "disputed")
    if not _offered(locked):
        raise Conflict("Only what the note says now, and shares for promotion, can be disputed.")
    locked.plea, locked.disputed_at = reason, clock.now()
    return _move(locked, "disputed", actor, "screening.dispute")


@transaction.atomic
def accept(*, actor: "Actor", mark: Screening) -> Screening:
    """The owner says that the mark is right; the words stay closed, the note stays in its space.

    Raises:
        Forbidden, AlreadyDecided, ReadOnly: as for `dispute`.
    """
    locked = _lock(mark)
    _check_owner(actor, locked)
    if locked.state not in {ScreeningState.KEPT, ScreeningState.DISPUTED}:
        raise AlreadyDecided(_so_already(locked))
    return _judge(locked, "confirmed", actor, "screening.accept", "")


@transaction.atomic
def release(*, actor: "Actor", mark: Screening, reason: str) -> Screening:
    """A reviewer has read the disputed words and calls the mark a false alarm.

    The revision takes part in promotion again, with the codes it was released for.

    Raises:
        Invalid: no reason given.
        Forbidden: the actor reviews no space above, or the note is the actor's own.
        Conflict: its owner has not opened the words, or they changed since.
        AlreadyDecided: it is judged already.
        ReadOnly: the space takes no writes.
    """
    if not reason.strip():
        raise Invalid("A release needs a reason.", attr="reason")
    locked = _lock(mark)
    _check_reviewer(actor, locked)
    if locked.state == ScreeningState.KEPT:
        raise Conflict("Its owner has not disputed this mark, so nobody else can read the words.")
    _check_move(locked, "released")
    if not _opened(locked):
        raise Conflict("The note changed or was withdrawn since it was disputed.")
    return _judge(locked, "released", actor, "screening.release", reason)


@transaction.atomic
def confirm(*, actor: "Actor", mark: Screening, reason: str = "") -> Screening:
    """A reviewer has read the disputed words and keeps them back, or takes back a release.

    What was published from a released revision stays until it is retracted.

    Raises:
        Forbidden, Conflict, AlreadyDecided, ReadOnly: as for `release`.
    """
    locked = _lock(mark)
    _check_reviewer(actor, locked)
    if locked.state == ScreeningState.KEPT:
        raise Conflict("Its owner has not disputed this mark, so nobody else can read the words.")
    _check_move(locked, "confirmed")
    if locked.state == ScreeningState.DISPUTED and not _opened(locked):
        raise Conflict("The note changed or was withdrawn since it was disputed.")
    return _judge(locked, "confirmed", actor, "screening.confirm", reason)


def figures(*, actor: "Actor") -> list[CodeFigures]:
    """How many marks of each code became what, of those the actor may see; by code."""
    rows = (
        Screening.objects.visible_to(actor)
        .annotate(code=Func(F("codes"), function="unnest"))
        .values_list("code", "state")
        .annotate(Count("pk"))
        .order_by("code", "state")
    )
    counted: dict[str, dict[str, int]] = {}
    for code, state, count in rows:
        counted.setdefault(code, {})[state] = count
    return [CodeFigures(code, states, _share(states)) for code, states in counted.items()]


def _share(states: Mapping[str, int]) -> float | None:
    released = states.get(ScreeningState.RELEASED, 0)
    judged = released + states.get(ScreeningState.CONFIRMED, 0)
    return round(released / judged, 4) if judged else None


def _lock(mark: Screening) -> Screening:
    locked = (
        Screening.objects.select_for_update(of=("self",))
        .select_related("memory__owner", "memory__space__organisation", "reviewer")
        .get(pk=mark.pk)
    )
    writing.check_open(locked.memory.space)
    return locked


def _own(actor: "Actor", mark: Screening) -> bool:
    memory = mark.memory
    return memory.owner_id == actor.principal.pk and access.of(actor).allows(
        "read", memory.space_id
    )


def _check_owner(actor: "Actor", mark: Screening) -> None:
    if actor.user.is_agent or not _own(actor, mark):
        raise Forbidden("Only the person whose note it is may do this, and no agent for them.")


def _check_reviewer(actor: "Actor", mark: Screening) -> None:
    if mark.memory.owner_id == actor.principal.pk:
        raise Forbidden("A mark on your own note is judged by another reviewer.")
    if not Screening.objects.reviewed_by(actor).filter(pk=mark.pk).exists():
        raise Forbidden("You review no space above this note.")


def _check_move(mark: Screening, wanted: State) -> None:
    if not quarantine.may_become(standing_of(mark).state, wanted):
        raise AlreadyDecided(_so_already(mark))


def _so_already(mark: Screening) -> str:
    return f"This mark was {mark.state} already."


def _opened(mark: Screening) -> bool:
    """Whether reviewers may read the words: disputed, unchanged, and offered for promotion."""
    return mark.state == ScreeningState.DISPUTED and _offered(mark)


def _offered(mark: Screening) -> bool:
    """Whether the note still says this and its person shares it for promotion."""
    spaces = Space.objects.in_use_for_curation(mark.memory.organisation_id)
    shared = Memory.objects.for_promotion(spaces.values_list("pk", flat=True), clock.now())
    return shared.filter(pk=mark.memory_id, revision=mark.revision).exists()


def _judge(mark: Screening, state: State, actor: "Actor", action: str, reason: str) -> Screening:
    mark.reviewer, mark.reason, mark.decided_at = actor.user, reason, clock.now()
    return _move(mark, state, actor, action)


def _move(mark: Screening, state: State, actor: "Actor", action: str) -> Screening:
    mark.state = state
    mark.save()
    events.record(
        action=action,
        by=actor.by,
        space=mark.memory.space.public_id,
        object_type="memory",
        object_ids=[mark.memory.public_id],
        reason=mark.reason,
        detail={"codes": list(mark.codes), "revision": mark.revision},
    )
    return mark
