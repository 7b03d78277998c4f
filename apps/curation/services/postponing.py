"""A request that is not decided now: put off until a day, or left to a colleague."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.curation.models import Candidate
from apps.curation.services import candidates
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.spaces.services import grants, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

LONGEST = timedelta(days=365)


@transaction.atomic
def defer(
    *,
    actor: "Actor",
    candidate: Candidate,
    until: datetime,
    reason: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """Take a request out of the queue until a moment; whoever looks for it still finds it.

    Raises:
        Invalid: `until` is past, or more than a year away.
        Forbidden, AlreadyDecided, Held, PreconditionFailed, ReadOnly: as for `approve`.
    """
    locked = candidates.lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    now = clock.now()
    if not now < until <= now + LONGEST:
        raise Invalid("until must lie in the next 365 days.", attr="until")
    locked.deferred_until = until
    candidates.let_go(locked)
    locked.save(update_fields=["deferred_until", "held_by", "held_until"])
    candidates.record(actor, locked, "candidate.defer", reason)
    return locked


@transaction.atomic
def ask(
    *,
    actor: "Actor",
    candidate: Candidate,
    colleague: UUID,
    reason: str,
    expected_revision: int | None = None,
) -> Candidate:
    """Leave a request to another reviewer of its space, with a question.

    Raises:
        Invalid: no question; or no other active reviewer of its space.
        Forbidden, AlreadyDecided, Held, PreconditionFailed, ReadOnly: as for `approve`.
    """
    if not reason.strip():
        raise Invalid("Say what you want to know.", attr="reason")
    locked = candidates.lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    able = grants.reviewers(locked.target).exclude(pk=actor.user.pk)
    asked = able.filter(public_id=colleague).first()
    if asked is None:
        raise Invalid("No other reviewer of its space has this id.", attr="colleague")
    locked.assignee = asked
    candidates.let_go(locked)
    locked.save(update_fields=["assignee", "held_by", "held_until"])
    events.record(
        action="candidate.ask",
        by=actor.by,
        space=locked.target.public_id,
        object_type="candidate",
        object_ids=[locked.public_id],
        reason=reason,
        detail={"colleague": str(asked.public_id)},
    )
    return locked
