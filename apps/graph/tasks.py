"""Background work on the graph: each calls one service."""

from celery import shared_task

from apps.graph.services import asking, pending


@shared_task(name="graph.read_pending")
def read_pending() -> None:
    """Read until nothing is due, then settle what contradicts."""
    while pending.read(batch=50):
        continue
    pending.settle_conflicts()


@shared_task(name="graph.ask_pending")
def ask_pending() -> None:
    """Ask the language model, if there is one, about what was read."""
    while asking.ask(batch=10):
        continue
