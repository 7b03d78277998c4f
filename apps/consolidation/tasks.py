"""Background work of consolidation: ids in, one service called."""

from celery import shared_task

from apps.consolidation.services import briefs, runs


@shared_task(name="consolidation.run")
def run(run_id: int) -> None:
    """Execute one queued run."""
    runs.execute(run_id=run_id)


@shared_task(name="consolidation.sweep")
def sweep() -> None:
    """Queue runs where one is due."""
    runs.sweep()


@shared_task(name="consolidation.resume")
def resume() -> None:
    """Take over runs whose worker died."""
    runs.resume()


@shared_task(name="consolidation.briefs")
def refresh_briefs() -> None:
    """Make briefs anew where something changed."""
    briefs.sweep()
