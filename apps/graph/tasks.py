"""Background work on the graph: each calls one service."""

from celery import shared_task

from apps.graph.services import asking, pending
from apps.kernel.turns import take_turn

_ASKING = 4  # workers that wait for the model


@shared_task(name="graph.read_pending")
def read_pending() -> None:
    """Read what is due, then settle what contradicts. One at a time: it locks an organisation."""
    take_turn("graph.read_pending", lambda: pending.read(batch=50))
    pending.settle_conflicts()


@shared_task(name="graph.ask_pending")
def ask_pending() -> None:
    """Ask the language model, if there is one, about what was read."""
    take_turn("graph.ask_pending", lambda: asking.ask(batch=10), at_once=_ASKING)
