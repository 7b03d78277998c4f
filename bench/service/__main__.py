"""`make bench-service`: every size in turn, then tables, JSON and a chart."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import scratch
from bench.service import hub, report
from bench.service.peers import PEERS
from bench.service.progress import duration, interruptible, say
from memoryhub.embedded.process import spawn

_PEER_ROWS = 100_000
_STOP_SECONDS = 120


def main() -> int:
    """Measure, write `OUT.json`, `OUT.md` and `OUT.svg`; the exit status."""
    args = _parse()
    interruptible()
    seconds = sum(_estimate(rows, args) for rows in args.rows)
    say(f"about {duration(seconds)} on two quiet cores; Ctrl-C stops and cleans up")
    try:
        sizes = {str(rows): _measured(rows, args) for rows in args.rows}
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except subprocess.CalledProcessError as error:
        say(f"a size could not be measured (status {error.returncode}); see above")
        return 1
    figures = {"machine": _machine(), "sizes": sizes}
    scratch.write(args.out, figures)
    tables = report.markdown(figures)
    args.out.with_suffix(".md").write_text(tables, encoding="utf-8")
    args.out.with_suffix(".svg").write_text(report.svg(figures), encoding="utf-8")
    print(tables)
    say(f"written: {args.out}, and .md and .svg beside it")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-service",
        description="How fast the service is over HTTP with tokens, beside what a user might pick"
        " instead. Starts hubs of its own; needs nothing that runs.",
    )
    parser.add_argument(
        "--rows", type=scratch.sizes(2_000_000), default=[10_000, 100_000],
        help="memories, sizes with commas between them (10000,100000; 1000000 takes over an hour)",
    )  # fmt: skip
    parser.add_argument(
        "--requests", type=_requests, default=200, help="requests per figure (%(default)s)"
    )
    parser.add_argument(
        "--peers", type=_peers, default=list(PEERS),
        help=f"names with commas between them, or none ({','.join(PEERS)})",
    )  # fmt: skip
    parser.add_argument(
        "--peers-up-to", type=int, default=_PEER_ROWS,
        help="sizes above this run without peers: they load for hours (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER",
        help="keep each size's hub under this folder and measure it again next time, without"
        " loading it (a million memories take 40 minutes to load and 15 GB)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="file for the JSON")
    return parser.parse_args()


def _requests(text: str) -> int:
    count = int(text)
    if not 5 <= count <= 100_000:
        raise argparse.ArgumentTypeError("between 5 and 100,000")
    return count


def _peers(text: str) -> list[str]:
    names = [] if text == "none" else [name.strip() for name in text.split(",")]
    if unknown := set(names) - PEERS.keys():
        raise argparse.ArgumentTypeError(f"{min(unknown)} is none of {', '.join(PEERS)}")
    return names


def _estimate(rows: int, args: argparse.Namespace) -> float:
    """Seconds, from what this took on two cores."""
    own = 30 + rows / 700 + args.requests * 0.5
    load = {"langgraph": 500, "mem0": 600, "chroma": 2_000}
    peers = sum(rows / load[name] + args.requests * 0.2 for name in _peers_at(rows, args))
    return float(own + peers)


def _peers_at(rows: int, args: argparse.Namespace) -> Sequence[str]:
    return args.peers if rows <= args.peers_up_to else []


def _measured(rows: int, args: argparse.Namespace) -> dict[str, Any]:
    """Figures of one size, measured by a process of its own: settings are read once in each.

    Raises:
        CalledProcessError: it failed, and has said why.
    """
    with tempfile.TemporaryDirectory(prefix="memoryhub-bench-") as made:
        out = Path(made) / "figures.json"
        command = [
            sys.executable, "-m", "bench.service.size", "--rows", str(rows), "--requests",
            str(args.requests), "--peers", ",".join(_peers_at(rows, args)), "--out", str(out),
        ]  # fmt: skip
        if args.keep:
            command += ["--keep", str(args.keep)]
        own = {name: value for name, value in os.environ.items() if name not in hub.SERVICES}
        child = spawn(
            command, output=sys.stderr.buffer, errors=None, last_words=signal.SIGTERM, env=own,
            cwd=hub.ROOT,
        )  # fmt: skip
        try:
            status = child.wait()
        finally:
            hub.stop(child, _STOP_SECONDS)
        if status:
            raise subprocess.CalledProcessError(status, command)
        figures: dict[str, Any] = json.loads(out.read_text())
        return figures


def _machine() -> dict[str, Any]:
    from memoryhub.embedded.binaries import POSTGRES_MAJOR

    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "postgres": POSTGRES_MAJOR,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
