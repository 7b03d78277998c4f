"""Background work of captures."""

from celery import shared_task

from apps.captures.services import distilling
from apps.kernel.turns import take_turn

_DISTILLING = 4  # workers that wait for the model


@shared_task(name="captures.distil")
def distil() -> None:
    """Distil what is due."""
    take_turn("captures.distil", distilling.distil, at_once=_DISTILLING)
