"""One size: a hub with that many memories, measured, then the peers; in a process of its own.

`python -m bench.service` starts it for each size.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from bench import scratch
from bench.service import hub, peers
from bench.service.material import Material
from bench.service.progress import interruptible, say


def main() -> int:
    """Measure one size and write its figures; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--peers", default="", help="names, with commas between them")
    parser.add_argument("--keep", type=Path, help="folder of hubs by size, made when missing")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    interruptible()
    names = [name for name in args.peers.split(",") if name]
    try:
        with hub.folder_for(args.keep and args.keep / f"{args.rows}") as folder:
            scratch.write(args.out, measure(folder, args.rows, args.requests, names))
    except KeyboardInterrupt:
        return 130
    return 0


def measure(folder: Path, rows: int, requests: int, names: list[str]) -> dict[str, Any]:
    """Figures of one size by name, as the package describes them."""
    before = os.getloadavg()
    with hub.services(folder) as services, scratch.django_on_it():
        from apps.providers.embedders import get_embedder
        from bench.service import keeping, measures

        encoder = get_embedder().embed
        material = Material.make(rows, encoder)
        seeded = keeping.seeded(folder, material)
        say(f"starting the hub with {rows:,} memories")
        with hub.running(folder) as (url, pids):
            where = measures.Hub(url, services.urls.database_url, pids)
            place = measures.Bench(where, seeded, material, requests)
            figures = {"rows": rows, **measures.everything(place)}
    users = {user: seeded.askers[name].rows for user, name in (("big", "50%"), ("small", "0.5%"))}
    task = peers.Task(folder, material, users, encoder, requests)
    return {
        **figures,
        "seeding_seconds": seeded.seconds,
        "vectors": {"sentences": len(material.sentences), "fidelity": round(material.fidelity, 4)},
        "peers": peers.measure(names, task),
        "load_average": {"before": _rounded(before), "after": _rounded(os.getloadavg())},
    }


def _rounded(values: tuple[float, float, float]) -> list[float]:
    return [round(value, 2) for value in values]


if __name__ == "__main__":
    sys.exit(main())
