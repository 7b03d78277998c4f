"""Background work of the audit."""

from celery import shared_task

from apps.audit.services import checkups, seals
from apps.kernel import clock


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal everything that waits."""
    while seals.seal(now=clock.now()):
        continue


@shared_task(name="audit.verify")
def verify() -> None:
    """Read the whole log and keep what was found for the desk."""
    checkups.perform()
