"""Background work on the graph: one service called."""

from celery import shared_task

from apps.graph.services import pending


@shared_task(name="graph.read_pending")
def read_pending() -> None:
    """Read until nothing is due, then settle what contradicts."""
    while pending.read(batch=50):
        continue
    pending.settle_conflicts()
