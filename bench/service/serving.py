"""Which server, with how many workers, serves this hub best.

One hub with its worker and scheduler; each web server in turn on a port of its own, all of them
several rounds over, because a shared machine has moods. Figures are medians over the rounds.
"""

import argparse
import os
import shutil
import signal
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

from bench import scratch
from bench.service import clients, cpu, hub
from bench.service.clients import Ask
from bench.service.material import Material
from bench.service.progress import interruptible, say
from bench.service.report import table
from bench.service.variants import VARIANTS, Variant
from memoryhub.embedded.process import spawn

MANY = 8
_WARM = 24
_FIGURES = (
    "recall p50", "recall p95", "recall again p50", "recall x 8 p50", "recall x 8 p95",
    "recalls/s x 8", "CPU of a recall, web", "CPU of a recall, PostgreSQL",
    "write p50", "write x 8 p50",
    "writes/s x 8", "CPU of a write, web", "CPU of a write, PostgreSQL", "MB",
)  # fmt: skip


def main() -> int:
    """Measure every variant and write the figures; the exit status."""
    args = _parse()
    interruptible()
    for name in hub.SERVICES:
        os.environ.pop(name, None)
    before = os.getloadavg()
    try:
        with hub.scratch_folder() as folder:
            figures = measure(folder, args.rows, args.requests, args.rounds)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    load = {"before": list(before), "after": list(os.getloadavg())}
    scratch.write(args.out, {"rows": args.rows, "load_average": load, "variants": figures})
    rows = [
        (name, *(found.get(each, found.get("error", "")) for each in _FIGURES))
        for name, found in figures.items()
    ]
    print("\n".join(table(("ms", *_FIGURES), rows)))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-serving", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="memories (%(default)s)")
    parser.add_argument(
        "--requests", type=int, default=60, help="requests per figure and round (%(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the JSON")
    return parser.parse_args()


def measure(folder: Path, rows: int, requests: int, rounds: int) -> dict[str, Any]:
    """Figures by variant, medians over the rounds; one that fails has an `error`.

    Ctrl-C while variants are measured ends it with those that were.
    """
    found: dict[str, list[dict[str, float]]] = {}
    errors: dict[str, str] = {}
    with hub.services(folder) as services, scratch.django_on_it():
        from apps.providers.embedders import get_embedder
        from bench.service import company

        material = Material.make(rows, get_embedder().embed)
        asker = company.found(material.notes, material.vectors).askers["5%"]
        asked = material.questions.take(3 * requests + _WARM, about=asker.rows.tolist())
        asks = [Ask.of(asker.token, "/recall", {"query": query, "limit": 10}) for query in asked]
        postgres = services.pids["postgres"]
        with hub.running(folder, "--web-workers", "1"), suppress(KeyboardInterrupt):
            for number, variant in product(range(rounds), VARIANTS):
                say(f"round {number + 1} of {rounds}: {variant.name}")
                texts, _ = material.more(3 * requests + _WARM)
                writes = [Ask.of(asker.token, "/memories", {"text": text}) for text in texts]
                try:
                    with _served(variant, folder) as (url, web):
                        figures = _figures(url, {"web": web, "postgres": postgres}, asks, writes)
                    found.setdefault(variant.name, []).append(figures)
                except (RuntimeError, OSError) as error:
                    say(f"{variant.name}: {error}")
                    errors[variant.name] = str(error).splitlines()[0][:200]
    failed = {name: {"error": error} for name, error in errors.items() if name not in found}
    return {name: _medians(each) for name, each in found.items()} | failed


def _figures(
    url: str, pids: Mapping[str, int], asks: Sequence[Ask], writes: Sequence[Ask]
) -> dict[str, float]:
    for warming in (asks[-_WARM:], writes[-_WARM:]):
        clients.send(url, warming, clients=MANY)
    third = (len(asks) - _WARM) // 3
    alone = clients.send(url, asks[:third]).figures
    again = clients.send(url, asks[:third]).figures
    meter = cpu.meter(**pids)
    crowd = clients.send(url, asks[third : 3 * third], clients=MANY).figures | meter(2 * third)
    writer = clients.send(url, writes[:third]).figures
    meter = cpu.meter(**pids)
    writers = clients.send(url, writes[third : 3 * third], clients=MANY).figures | meter(2 * third)
    values = (
        alone["p50"], alone["p95"], again["p50"], crowd["p50"], crowd["p95"],
        crowd["per_second"], crowd["web_ms"], crowd["postgres_ms"], writer["p50"],
        writers["p50"], writers["per_second"], writers["web_ms"], writers["postgres_ms"],
        cpu.megabytes(pids["web"]),
    )  # fmt: skip
    return dict(zip(_FIGURES, values, strict=True))


@contextmanager
def _served(variant: Variant, folder: Path) -> Iterator[tuple[str, int]]:
    """URL and process id of a web server, as the supervisor would run it."""
    port = str(hub.free_port())
    metrics = folder / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    log = folder / "web.log"
    environment = {**os.environ, **hub.ENVIRONMENT, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    with log.open("wb") as output:
        child = spawn(
            variant.command(port), output=output, last_words=signal.SIGTERM,
            env=environment | variant.environment(), cwd=hub.ROOT,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            hub.wait(child, url, log)
            yield url, child.pid
        finally:
            hub.stop(child)


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(each[name] for each in rounds), 1) for name in _FIGURES}


if __name__ == "__main__":
    sys.exit(main())
