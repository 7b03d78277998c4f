"""Background work of decay: ids in, one service called."""

from celery import shared_task

from apps.decay.services import runs


@shared_task(name="decay.run")
def run(run_id: int) -> None:
    """Execute one queued run, or undo one."""
    runs.execute(run_id=run_id)


@shared_task(name="decay.nightly")
def nightly() -> None:
    """Queue a run for every organisation."""
    runs.nightly()


@shared_task(name="decay.resume")
def resume() -> None:
    """Take over runs whose worker died, and those that had to wait."""
    runs.resume()
