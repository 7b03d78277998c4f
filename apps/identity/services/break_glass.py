"""One administrator with a password, for a while, when single sign-on does not work."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.services import events
from apps.identity.models import BreakGlass
from apps.kernel import clock
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import Membership, OrganisationRole

logger = structlog.get_logger(__name__)

LONGEST = timedelta(hours=24)
SESSION_KEY = "break_glass"


@transaction.atomic
def open_for(
    *, person: User, lasting: timedelta, reason: str, password: str | None = None
) -> BreakGlass:
    """Let an administrator sign in with a password until then; with `password`, set that one.

    Raises:
        Invalid: longer than a day, no reason, or somebody who administers nothing.
        Conflict: the account is switched off, or has no password and none is given.
    """
    if not timedelta(0) < lasting <= LONGEST:
        raise Invalid("It lasts up to 24 hours.", attr="lasting")
    if not 0 < len(reason.strip()) <= 500:
        raise Invalid("A reason of 1 to 500 characters is needed.", attr="reason")
    admin = Membership.objects.filter(person=person, role=OrganisationRole.ADMIN)
    if not person.is_superuser and not admin.exists():
        raise Invalid("Only an administrator may have it.", attr="person")
    if not person.is_active:
        raise Conflict("The account is switched off.")
    if password is None and not person.has_usable_password():
        raise Conflict("The account has no password; let one be made.")
    if password is not None:
        person.set_password(password)
        person.save(update_fields=["password"])
    end(person=person)
    opened = BreakGlass.objects.create(
        person=person, until=clock.now() + lasting, reason=reason.strip()
    )
    _record("break_glass.open", person, minutes=int(lasting.total_seconds() // 60))
    return opened


@transaction.atomic
def end(*, person: User) -> int:
    """End it now, with the sessions it opened; returns how many were open."""
    count = _open(person.pk).update(ended_at=clock.now())
    if count:
        _record("break_glass.end", person)
    return count


def until(person_id: int) -> datetime | None:
    """When the person's time ends; None for everybody whose time it is not."""
    opened = _open(person_id).order_by("-until").first()
    return opened.until if opened else None


def used(*, person: User) -> None:
    """Record a sign-in by it."""
    _record("break_glass.use", person)


def _open(person_id: int) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(
        person_id=person_id, ended_at__isnull=True, until__gt=clock.now()
    )


def _record(action: str, person: User, **detail: int) -> None:
    """In the audit, and at the top of the log's levels: somebody should look up."""
    events.record(
        action=action,
        by=events.By(organisation=of_user(person).by.organisation),
        object_type="user",
        object_ids=[person.public_id],
        detail=dict(detail),
    )
    logger.critical(action, person=str(person.public_id), **detail)
