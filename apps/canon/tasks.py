"""Background work of canon: ids in, one service called."""

from celery import shared_task

from apps.canon.services import mirrors
from apps.spaces.models import Space


@shared_task(name="canon.mirror")
def mirror(space_id: int) -> None:
    """Bring the repository of one space up to the database."""
    mirrors.follow(space=Space.objects.get(pk=space_id))


@shared_task(name="canon.mirror_behind")
def mirror_behind() -> None:
    """The same for every space whose merge was not followed."""
    mirrors.follow_all()
