"""A worker of one task, in a process of its own that a test may kill.

python -m tests.durability.curation_worker run ID | resume
"""

import sys

import django


def main() -> None:
    """Execute one run, or take over those that fell silent."""
    django.setup()
    from apps.curation.services import runs  # noqa: PLC0415  after the setup

    if sys.argv[1] == "run":
        runs.execute(run_id=int(sys.argv[2]))
    else:
        runs.resume()


if __name__ == "__main__":
    main()
