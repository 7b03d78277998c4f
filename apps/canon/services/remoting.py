"""How spaces stand with their remotes, for who reads them; and asking for a push at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from apps.audit.services import events
from apps.canon.models import Mirror, PushState
from apps.canon.services import pushing
from apps.kernel import clock, jobs
from apps.kernel.errors import Forbidden, NotFound
from apps.spaces import access
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

LACKING = "lacking"
"""State of a remote that was pushed to and lacks something by now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A space with a remote.

    Attributes:
        address: host and path of the repository there, without credentials.
        branch: that is pushed to.
        state: a `PushState`, or `LACKING`.
        pushed_at: the last push that the remote took; None for none.
        error: why not, in the hub's own words; "" where nothing failed.
        again_at: when it is tried again; None for at once, or not before something is merged.
        request_url: of the open pull request, as its host names it; "" without one.
        may_push: whether the asker may ask for a push at once.
    """

    space: Space
    address: str
    branch: str
    state: str
    pushed_at: datetime | None
    error: str
    again_at: datetime | None
    request_url: str
    may_push: bool


def standings(actor: "Actor") -> list[Standing]:
    """Spaces with a remote that the actor reads, by name. One statement; none without remotes."""
    configured = [remote.space for remote in settings.CANON_REMOTES]
    if not configured:
        return []
    read = access.of(actor).ids("read")
    spaces = Space.objects.filter(pk__in=read, public_id__in=configured).select_related("mirror")
    return [_standing(actor, space) for space in spaces.order_by("name", "pk")]


@transaction.atomic
def ask(*, actor: "Actor", space: Space) -> None:
    """Have the remote of a space pushed to at once, however long it was to wait.

    Raises:
        NotFound: no remote is configured for the space.
        Forbidden: the actor does not review it.
    """
    if pushing.remote_of(space) is None:
        raise NotFound("No remote is configured for this space.")
    if not access.of(actor).allows("review", space.pk):
        raise Forbidden("You may not review this space.")
    overdue = clock.now() - pushing.LOOKED_EVERY
    Mirror.objects.filter(space=space).update(push_due=None, looked_at=overdue)
    events.record(
        action="canon.push",
        by=actor.by,
        space=space.public_id,
        object_type="space",
        object_ids=[space.public_id],
    )
    jobs.enqueue("canon.mirror", space.pk)


def _standing(actor: "Actor", space: Space) -> Standing:
    remote = pushing.remote_of(space)
    assert remote is not None, "asked for by the remotes"  # noqa: S101
    try:
        mirror: Mirror = space.mirror
    except ObjectDoesNotExist:
        mirror = Mirror(space=space)
    lacking = mirror.push_state == PushState.PUSHED and mirror.pushed != mirror.head
    return Standing(
        space=space,
        address=remote.place,
        branch=remote.target,
        state=LACKING if lacking else mirror.push_state,
        pushed_at=mirror.pushed_at,
        error=mirror.push_error,
        again_at=mirror.push_due,
        request_url=mirror.request_url,
        may_push=access.of(actor).allows("review", space.pk),
    )
