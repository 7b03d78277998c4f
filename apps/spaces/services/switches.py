"""Kill switches: what stops until somebody lifts it, for one organisation or the whole hub.

Administrators turn those of their organisation; those of the whole hub are `manage.py switch`.
"""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.spaces import access
from apps.spaces.models import Organisation, Switch, SwitchKind

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

REASON_LENGTH = 500


class Paused(Conflict):
    """This is paused right now; nothing was done."""

    code = "paused"


def holding(kind: str, organisation_id: int) -> Switch | None:
    """The switch that stops `kind` for an organisation; None when it goes on."""
    return Switch.objects.over(organisation_id).on().filter(kind=kind).first()


def check(kind: str, organisation_id: int) -> None:
    """Raises Paused when `kind` is stopped for the organisation, saying why."""
    found = holding(kind, organisation_id)
    if found is not None:
        raise Paused(f"{found.get_kind_display()} right now: {found.reason}")


def turn_on(*, actor: "Actor", kind: str, reason: str) -> Switch:
    """Stop something in the actor's organisation.

    Args:
        actor: an administrator, in person.
        kind: one of `SwitchKind`.
        reason: shown to everybody at the desk while it is on.

    Raises:
        Forbidden: the actor does not administer an organisation.
        Invalid: an unknown kind, no reason or a long one.
        Conflict: it is on already.
    """
    organisation_id = access.administered(actor)
    if organisation_id is None:
        raise Forbidden("Only administrators of the organisation turn its switches, in person.")
    organisation = Organisation.objects.get(pk=organisation_id)
    return _turn_on(organisation, kind, reason, actor)


def turn_on_everywhere(*, kind: str, reason: str) -> Switch:
    """Stop something in the whole hub; for who operates it. Raises as `turn_on`."""
    return _turn_on(None, kind, reason, None)


@transaction.atomic
def lift(*, actor: "Actor | None", switch: Switch, reason: str = "") -> Switch:
    """Let it go on again.

    Args:
        actor: an administrator of the switch's organisation; None is who operates the hub.

    Raises:
        Forbidden: the actor does not administer the organisation, or the switch is the hub's.
        Invalid: a long reason.
        Conflict: it was lifted already.
    """
    if actor is not None and access.administered(actor) != (switch.organisation_id or -1):
        raise Forbidden(
            "Only administrators of the organisation turn its switches; those of the whole hub are"
            " turned by who operates it (manage.py switch)."
        )
    reason = _checked(reason)
    locked = Switch.objects.select_for_update(of=("self",)).get(pk=switch.pk)
    if locked.lifted_at is not None:
        raise Conflict("It was lifted already.")
    locked.lifted_at, locked.lift_reason = clock.now(), reason
    locked.lifted_by = actor.user if actor else None
    locked.save(update_fields=["lifted_at", "lift_reason", "lifted_by"])
    _record("switch.off", locked, actor, reason)
    return locked


@transaction.atomic
def _turn_on(
    organisation: Organisation | None, kind: str, reason: str, actor: "Actor | None"
) -> Switch:
    if kind not in SwitchKind.values:
        raise Invalid(f"kind must be one of: {', '.join(SwitchKind.values)}.", attr="kind")
    reason = _checked(reason)
    if not reason:
        raise Invalid("A switch needs a reason; everybody at the desk sees it.", attr="reason")
    try:
        with transaction.atomic():
            switch = Switch.objects.create(
                organisation=organisation,
                kind=kind,
                reason=reason,
                set_by=actor.user if actor else None,
                set_at=clock.now(),
            )
    except IntegrityError:
        raise Conflict("This switch is on already.") from None
    _record("switch.on", switch, actor, reason)
    return switch


def _checked(reason: str) -> str:
    stripped = reason.strip()
    if len(stripped) > REASON_LENGTH:
        raise Invalid(f"reason has more than {REASON_LENGTH} characters.", attr="reason")
    return stripped


def _record(action: str, switch: Switch, actor: "Actor | None", reason: str) -> None:
    organisation = switch.organisation
    where = organisation.public_id if organisation else None
    by = actor.by if actor else events.By(organisation=where)
    events.record(
        action=action,
        by=by,
        object_type="switch",
        object_ids=[switch.public_id],
        reason=reason,
        detail={"kind": switch.kind, "hub": organisation is None},
    )
