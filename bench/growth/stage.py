"""One stage of one size in a process of its own, so that its peak of memory is its own.

`python -m bench.growth` starts it; DATABASE_URL and REDIS_URL name the hub.
"""

import argparse
import resource
from cProfile import Profile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench import scratch
from bench.growth.notes import PER_PERSON, Writer

_KILO = 1024  # Linux counts ru_maxrss in KiB


def main() -> None:
    """Play the stage and write its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=("seed", "night", "run"))
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--profile", type=Path, help="write a cProfile of the run there")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with scratch.django_on_it():
        figures = _curate(args.profile) if args.stage == "run" else _write(args.stage, args.size)
    scratch.write(args.out, figures)


def _write(stage: str, size: int) -> dict[str, Any]:
    from bench.growth import crew
    from bench.service.loading import graph_afterwards

    people = max(3, size // PER_PERSON)
    writer = Writer(people)
    notes = writer.notes(size)
    if stage == "night":
        crew.write(writer.notes(max(1, size // 100)), first=size)
        return {}
    crew.found(people)
    with graph_afterwards():
        crew.write(notes)
    return {}


def _curate(profile: Path | None) -> dict[str, Any]:
    from apps.curation.models import Decision
    from apps.curation.services import runs
    from apps.spaces.models import Organisation
    from bench.growth.crew import NAME

    queued = runs.queue(organisation=Organisation.objects.get(name=NAME))
    began, busy = perf_counter(), process_time()
    if profile:
        with Profile() as watched:
            done = runs.execute(run_id=queued.pk)
        watched.dump_stats(profile)
    else:
        done = runs.execute(run_id=queued.pk)
    seconds = perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(process_time() - busy, 2),
        "steps": done.counts.get("seconds", {}),
        "peak_mb": round(used.ru_maxrss / _KILO, 1),
        "memories": done.counts["memories"],
        "clusters": done.counts["clusters"],
        "decisions": Decision.objects.filter(run=done).count(),
        "new": done.counts["new"],
    }


if __name__ == "__main__":
    main()
