"""Background work of captures."""

from celery import shared_task

from apps.captures.services import distilling


@shared_task(name="captures.distil")
def distil() -> None:
    """Distil until nothing is due."""
    while distilling.distil():
        continue
