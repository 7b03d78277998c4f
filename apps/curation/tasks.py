"""Background work of curation: ids in, one service called."""

from celery import shared_task

from apps.curation.services import runs


@shared_task(name="curation.run")
def run(run_id: int) -> None:
    """Execute one queued run."""
    runs.execute(run_id=run_id)


@shared_task(name="curation.nightly")
def nightly() -> None:
    """Queue a run for every organisation."""
    runs.nightly()


@shared_task(name="curation.resume")
def resume() -> None:
    """Take over runs whose worker died."""
    runs.resume()
