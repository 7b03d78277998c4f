"""Legal holds: placing one on a person, a space or a memory, and releasing it."""

from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.governance.models import LegalHold
from apps.governance.querysets import governed_by
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.spaces.models import Membership, Organisation, Space

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor


@transaction.atomic
def place(
    *,
    actor: "Actor",
    reason: str,
    person: "UUID | None" = None,
    space: "UUID | None" = None,
    memory: "UUID | None" = None,
) -> LegalHold:
    """Keep what is a person's, what lies in a space, or one memory, until the hold is released.

    Administrators need not be able to read what they hold, and learn nothing of it.

    Raises:
        Forbidden: the actor does not administer an organisation.
        Invalid: not exactly one thing is named, it is not the organisation's, or no reason.
    """
    organisation = _governed(actor)
    named = {"person": person, "space": space, "memory": memory}
    given = {name: value for name, value in named.items() if value is not None}
    if len(given) != 1:
        raise Invalid("Name exactly one of person, space and memory.", attr="person")
    if not reason.strip():
        raise Invalid("A hold needs a reason.", attr="reason")
    (kind, public_id), *_ = given.items()
    target: Any = _FIND[kind](organisation, public_id)
    if target is None:
        raise Invalid(f"There is no such {kind} in the organisation.", attr=kind)
    hold = LegalHold(
        organisation=organisation, reason=reason, placed_by=actor.user, placed_at=clock.now()
    )
    setattr(hold, kind, target)
    hold.save(force_insert=True)
    _record("hold.place", actor, hold, kind, public_id)
    return hold


@transaction.atomic
def release(*, actor: "Actor", hold: LegalHold, reason: str) -> LegalHold:
    """Lift a hold; what it kept from an erasure is erased within a minute or two.

    Raises:
        Forbidden: the actor does not administer the organisation.
        Invalid: no reason.
        Conflict: it was released already.
    """
    if _governed(actor).pk != hold.organisation_id:
        raise Forbidden("Administrators of the organisation release its holds.")
    if not reason.strip():
        raise Invalid("A release needs a reason.", attr="reason")
    locked = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if locked.released_at is not None:
        raise Conflict(f"The hold was released on {locked.released_at:%Y-%m-%d} already.")
    locked.released_by, locked.released_at = actor.user, clock.now()
    locked.release_reason = reason
    locked.save(update_fields=["released_by", "released_at", "release_reason"])
    _record("hold.release", actor, locked, "hold", locked.public_id)
    return locked


def _governed(actor: "Actor") -> Organisation:
    governed = governed_by(actor)
    if governed is None:
        raise Forbidden("Administrators of the organisation place and release holds, in person.")
    organisation: Organisation = Organisation.objects.get(pk=governed)
    return organisation


def _person(organisation: Organisation, public_id: "UUID") -> User | None:
    members = Membership.objects.filter(organisation=organisation).values("person")
    found: User | None = User.objects.filter(pk__in=members, public_id=public_id).first()
    return found


def _space(organisation: Organisation, public_id: "UUID") -> Space | None:
    found: Space | None = Space.objects.filter(
        organisation=organisation, public_id=public_id
    ).first()
    return found


def _memory(organisation: Organisation, public_id: "UUID") -> Memory | None:
    found: Memory | None = Memory.objects.filter(
        organisation=organisation, public_id=public_id
    ).first()
    return found


_FIND = {"person": _person, "space": _space, "memory": _memory}


def _record(action: str, actor: "Actor", hold: LegalHold, kind: str, target: "UUID") -> None:
    events.record(
        action=action,
        by=actor.by,
        object_type="hold",
        object_ids=[hold.public_id, target],
        detail={"on": kind},
    )
