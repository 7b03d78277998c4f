"""Runs of decay."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.decay.models import DecayRun
from apps.decay.services import runs
from apps.memories.models import Memory
from tests.conftest import World


@pytest.fixture
def decay(world: World) -> Callable[..., DecayRun]:
    """`decay()` carries out a run of the organisation."""

    def run(**values: Any) -> DecayRun:
        queued = runs.queue(organisation=world.organisation, **values)
        return runs.execute(run_id=queued.pk)

    return run


def status_of(*memories: Memory) -> list[str]:
    """As the rows say it now."""
    return [Memory.objects.get(pk=memory.pk).status for memory in memories]
