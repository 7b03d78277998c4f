"""Background work of canon: ids in, one service called."""

from celery import shared_task

from apps.canon.services import indexing, mirrors, pushing
from apps.kernel.turns import take_turn
from apps.spaces.models import Space


@shared_task(name="canon.mirror")
def mirror(space_id: int) -> None:
    """Bring the repository of one space up to the database, and its remote up to it."""
    space = Space.objects.get(pk=space_id)
    mirrors.follow(space=space)
    if pushing.remote_of(space) is not None:
        pushing.push(space=space)


@shared_task(name="canon.mirror_behind")
def mirror_behind() -> None:
    """The same for every space whose merge was not followed."""
    mirrors.follow_all()


@shared_task(name="canon.push_behind")
def push_behind() -> None:
    """Push every mirror whose remote lacks something; look at what others changed there."""
    pushing.push_all()


@shared_task(name="canon.embed_sections")
def embed_sections() -> None:
    """Make sections findable by meaning."""
    indexing.sweep()
    take_turn("canon.embed_sections", indexing.embed_pending, at_once=2)
