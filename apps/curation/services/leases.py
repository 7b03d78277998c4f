"""Who is judging what right now: a request is held for a quarter of an hour at a time."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.services import events
from apps.curation.models import Candidate
from apps.kernel import clock
from apps.kernel.errors import Conflict

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

LEASE = timedelta(minutes=15)


class Held(Conflict):
    """Another reviewer is judging this right now."""

    code = "held"


@transaction.atomic
def take_next(*, actor: "Actor") -> Candidate | None:
    """The next request to judge, held for the actor; None when nothing is left.

    What a colleague asked the actor to judge comes first, then by weight. It goes on after what the
    actor holds, which is let go, and begins anew at the end. Two reviewers never get the same one.
    """
    now = clock.now()
    mine = Candidate.objects.filter(held_by=actor.user, held_until__gt=now)
    last = mine.order_by("-held_until").first()
    free = _free(actor)
    taken = _first(free.filter(assignee=actor.user).exclude(pk=last.pk if last else 0))
    if taken is None and last is not None:
        beyond = Q(ranked_at__gt=last.ranked_at) | Q(ranked_at=last.ranked_at, pk__gt=last.pk)
        taken = _first(free.filter(beyond))
    taken = taken or _first(free)
    mine.update(held_by=None, held_until=None)
    if taken is not None:
        taken.held_by, taken.held_until = actor.user, now + LEASE
        taken.save(update_fields=["held_by", "held_until"])
        events.record(
            action="candidate.take",
            by=actor.by,
            space=taken.target.public_id,
            object_type="candidate",
            object_ids=[taken.public_id],
        )
    return taken


@transaction.atomic
def release(*, actor: "Actor", candidate: Candidate) -> Candidate:
    """Let go what the actor holds; what somebody else holds stays as it is."""
    held = Candidate.objects.filter(pk=candidate.pk, held_by=actor.user)
    if held.update(held_by=None, held_until=None):
        candidate.held_by = candidate.held_until = None
    return candidate


def holder(candidate: Candidate) -> str:
    """Name of who holds it right now; "" when nobody does."""
    holding = candidate.held_until is not None and candidate.held_until > clock.now()
    return candidate.held_by.name if holding and candidate.held_by else ""


def check(candidate: Candidate, actor: "Actor") -> None:
    """Refuse to decide on a locked request that somebody else holds.

    Raises:
        Held: until when.
    """
    until = candidate.held_until
    if until is not None and until > clock.now() and candidate.held_by_id != actor.user.pk:
        raise Held(f"Another reviewer is judging it until {until:%H:%M} UTC.")


def _free(actor: "Actor") -> QuerySet[Candidate]:
    """What waits for this reviewer and nobody else holds, in the order of the queue."""
    now = clock.now()
    others = Q(held_until__gt=now) & ~Q(held_by=actor.user)
    asked = Q(assignee__isnull=True) | Q(assignee=actor.user)
    due = Candidate.objects.visible_to(actor).due(now)
    return due.filter(asked).exclude(others).order_by("ranked_at", "pk")


def _first(rows: QuerySet[Candidate]) -> Candidate | None:
    """The first one, locked; one that somebody else has locked is passed over."""
    return rows.select_for_update(of=("self",), skip_locked=True).first()
