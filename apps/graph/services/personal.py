"""A person's own word on whether the graph reads the personal space. By default it does not."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.services import events
from apps.graph.models import Evidence, Pending, PersonalGraph, Reading
from apps.graph.services import holding
from apps.kernel import clock, jobs
from apps.kernel.errors import Forbidden
from apps.memories.models import Memory
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def chosen(actor: "Actor") -> bool:
    """Whether the actor's personal space is in the graph."""
    own = Space.objects.personal_of(actor)
    return PersonalGraph.objects.filter(space__in=own).exists()


@transaction.atomic
def choose(*, actor: "Actor", include: bool) -> bool:
    """Let the graph read the personal space, or take all of it out at once.

    Raises:
        Forbidden: an agent, or a credential that does not reach the personal space.
    """
    if actor.user.is_agent:
        raise Forbidden("Only people decide what the graph reads of theirs.")
    space = Space.objects.personal_of(actor).first()
    if space is None:
        raise Forbidden("This credential does not reach your personal space.")
    if include == chosen(actor):
        return include
    if include:
        _include(space)
    else:
        PersonalGraph.objects.filter(space=space).delete()
        Reading.objects.filter(memory__space=space).delete()
        Pending.objects.filter(memory__space=space).delete()
        holding.lock(space.organisation_id)  # now that there is no row left to wait for
        Evidence.objects.filter(space=space).delete()
    events.record(
        action="consent.change",
        by=actor.by,
        space=space.public_id,
        object_type="space",
        object_ids=[space.public_id],
        detail={"graph": include},
    )
    return include


def _include(space: Space) -> None:
    now = clock.now()
    PersonalGraph.objects.create(space=space, since=now)
    ids = Memory.objects.filter(space=space).values_list("pk", flat=True)
    Pending.objects.bulk_create(
        (Pending(memory_id=pk, next_attempt_at=now) for pk in ids), ignore_conflicts=True
    )
    jobs.enqueue("graph.read_pending")
