"""Background work of the desk."""

from celery import shared_task

from apps.desk import digest
from apps.kernel import clock


@shared_task(name="desk.digest")
def send_digest() -> None:
    """Tell reviewers by mail what waits for them, where that is switched on."""
    digest.send(today=clock.now().date())
