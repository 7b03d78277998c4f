"""Taking a change back: its result is retracted, its sources are as they were."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.audit.services import events
from apps.consolidation.models import Change, ChangeState
from apps.consolidation.querysets import decidable
from apps.consolidation.services import identity, moving
from apps.consolidation.services.changes import LEAVES
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Status
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_GONE = (Status.RETRACTED, Status.ERASED)


class AlreadyUndone(Conflict):
    """This change was undone already."""

    code = "already_undone"


@transaction.atomic
def undo(*, actor: "Actor", change: Change, reason: str) -> Change:
    """Restore the sources of a change and retract its result; nobody makes them one again unless
    their words change.

    Raises:
        Forbidden: the actor neither reviews the space nor owns it.
        Invalid: no reason.
        AlreadyUndone: somebody did.
        Conflict: the result went into a later change that is still in force.
        ReadOnly: the space takes no writes.
    """
    if change.space_id not in decidable(actor):
        raise Forbidden("You neither review this space nor own it.")
    if not reason.strip():
        raise Invalid("Say why it is undone.", attr="reason")
    locked = _locked(change)
    writing.check_open(locked.space)
    if locked.state != ChangeState.DONE:
        raise AlreadyUndone
    later = _later(locked).first()
    if later is not None:
        raise Conflict(f"Its result went into change {later.public_id}; undo that one first.")
    _restore(locked, by=actor.user, signed=actor.by, reason=reason, undone_by=actor.user)
    return locked


def follow(space: Space) -> int:
    """Undo changes whose ground is gone: a source was taken back or erased, or the result was
    erased with one of its people. Returns how many.

    What the people of a result retracted themselves stays retracted.
    """
    lost = Change.objects.filter(space=space, state=ChangeState.DONE).filter(
        pk__in=Change.objects.filter(space=space, sources__memory__status__in=_GONE).values("pk")
    ) | Change.objects.filter(space=space, state=ChangeState.DONE, result__status=Status.ERASED)
    return sum(map(_follow, lost.distinct().order_by("-pk").values_list("pk", flat=True)))


@transaction.atomic
def _follow(pk: int) -> bool:
    change = _locked(Change(pk=pk))
    if change.state != ChangeState.DONE or _later(change).exists():  # the later one comes first
        return False
    archivist = identity.of(change.space.organisation)
    signed = identity.by(change.space.organisation)
    _restore(change, by=archivist, signed=signed, reason="a source is gone", undone_by=None)
    return True


def _later(change: Change) -> QuerySet[Change]:
    """Changes in force that took its result away; a note that connects took nothing."""
    took = Change.objects.filter(state=ChangeState.DONE, kind__in=list(LEAVES))
    return took.filter(sources__memory=change.result)


def _locked(change: Change) -> Change:
    rows = Change.objects.select_for_update(of=("self",))
    locked: Change = rows.select_related("space__organisation", "result").get(pk=change.pk)
    return locked


def _restore(
    change: Change, *, by: User, signed: events.By, reason: str, undone_by: User | None
) -> None:
    ids = list(change.sources.values_list("memory_id", flat=True))
    rows = Memory.objects.filter(pk__in=[*ids, change.result_id])
    held = {memory.pk: memory for memory in rows.select_for_update().order_by("pk")}
    result = held.pop(change.result_id)
    if result.status not in _GONE:
        moving.move([result], Status.RETRACTED, by=by, reason=f"undone: {change.public_id}")
    left = LEAVES.get(change.kind)
    back = [memory for memory in held.values() if left and memory.status == left]
    _make_room(back, by, change)
    moving.move(back, Status.ACTIVE, by=by, reason=f"restored: {change.public_id}")
    change.state, change.undone_at = ChangeState.UNDONE, clock.now()
    change.undone_by, change.reason = undone_by, reason
    change.save(update_fields=["state", "undone_at", "undone_by", "reason"])
    events.record(
        action="memory.restore",
        by=signed,
        space=change.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id for memory in (result, *back)],
        reason=reason,
        detail={"change": str(change.public_id), "restored": len(back)},
    )


def _make_room(back: Sequence[Memory], by: User, change: Change) -> None:
    """What an author said again meanwhile steps aside for the first time it was said."""
    for memory in back:
        twins = Memory.objects.filter(
            space_id=memory.space_id,
            author_id=memory.author_id,
            content_hash=memory.content_hash,
            status__in=[Status.ACTIVE, Status.QUARANTINED],
        )
        live = list(twins.exclude(pk=memory.pk).select_for_update().order_by("pk"))
        for twin in live:
            aside = Status.ARCHIVED if twin.status == Status.ACTIVE else Status.RETRACTED
            moving.move([twin], aside, by=by, reason=f"said before: {change.public_id}")
