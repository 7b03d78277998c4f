"""A worker of one step, in a process of its own that a test may kill.

python -m tests.durability.steps_worker captures | decay ID
"""

import sys

import django


def main() -> None:
    """Distil all that is due, or execute one run of decay two memories at a time."""
    django.setup()
    if sys.argv[1] == "captures":
        from apps.captures.services import distilling  # noqa: PLC0415  after the setup

        distilling.BATCH = 2
        while distilling.distil():
            continue
    else:
        from apps.decay.services import moving, runs  # noqa: PLC0415

        moving.BATCH = 2
        runs.execute(run_id=int(sys.argv[2]))


if __name__ == "__main__":
    main()
