"""Background work of governance: ids in, one service called."""

from celery import shared_task

from apps.governance.services import erasures, retention


@shared_task(name="governance.erase")
def erase(erasure_id: int) -> None:
    """Carry out one erasure."""
    erasures.execute(erasure_id=erasure_id)


@shared_task(name="governance.resume")
def resume() -> None:
    """Take over erasures whose worker died, and erase what earlier ones had to leave."""
    erasures.complete()
    erasures.resume()


@shared_task(name="governance.retain")
def retain() -> None:
    """Archive and erase what is past its time."""
    retention.nightly()
