"""A worker of one run, in a process of its own, that SIGKILL ends at a named place.

python -m tests.consolidation.killed_worker RUN [PLACE]

PLACE is a step, which is killed with its work done and its row not written; `transaction` is the
last statement of the first transaction that merges; without one the run ends by itself.
"""

import os
import signal
import sys
from typing import Any

import django


def main() -> None:
    """Execute the run up to there."""
    django.setup()
    from apps.consolidation.services import changes, runs, steps  # noqa: PLC0415  after the setup

    number, place = int(sys.argv[1]), (sys.argv[2:] or [""])[0]
    steps.STEPS = tuple(
        (name, dying(step) if name == place else step) for name, step in steps.STEPS
    )
    if place == "transaction":
        changes._link = dying(changes._link)
    runs.execute(run_id=number)


def dying(step: Any) -> Any:
    """Does its work, and is no more."""

    def die(*args: Any) -> None:
        step(*args)
        os.kill(os.getpid(), signal.SIGKILL)

    return die


if __name__ == "__main__":
    main()
