"""Background work of the audit."""

from celery import shared_task

from apps.audit.services import seals
from apps.kernel import clock


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal everything that waits."""
    while seals.seal(now=clock.now()):
        continue
