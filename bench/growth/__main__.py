"""`make bench-growth`: a first run and the night after it, at every size in turn.

| key, by size | is |
|---|---|
| `first` | the first run over all memories |
| `night` | a run after 1 % more memories |
| `seconds`, `steps` | of the run, and of each of its steps |
| `cpu_seconds` | of the process that ran it, whatever else the machine did |
| `peak_mb` | most memory of the process that ran it, MiB; PostgreSQL's is not in it |
| `memories`, `clusters`, `decisions` | read, found, newly decided |
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import scratch
from bench.growth import report
from bench.service.progress import interruptible, say
from memoryhub import embedded

SIZES = (1_000, 10_000, 100_000)


def main() -> int:
    """Measure, write `OUT.json` and `OUT.svg`, print the table; the exit status."""
    args = _parse()
    interruptible()
    figures: dict[str, Any] = {"sizes": {}}
    try:
        for size in args.sizes:
            figures["sizes"][str(size)] = _measured(size, args.profile)
            _write(args.out, figures)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except subprocess.CalledProcessError as error:
        say(f"a stage failed (status {error.returncode}); see above")
        return 1
    print(report.markdown(figures))
    return 0


def _write(out: Path, figures: dict[str, Any]) -> None:
    """After every size: the largest takes longest."""
    scratch.write(out, figures)
    out.with_suffix(".svg").write_text(report.svg(figures), encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-growth",
        description="How long a curation run takes and what memory it needs, by number of memories."
        " Starts a hub of its own for each size; no language model.",
    )
    parser.add_argument(
        "--sizes", type=scratch.sizes(1_000_000), default=SIZES,
        help="memories, sizes with commas between them (1000,10000,100000)",
    )  # fmt: skip
    parser.add_argument("--profile", type=Path, help="folder for cProfile files of the runs")
    parser.add_argument("--out", type=Path, required=True, help="file for the JSON")
    return parser.parse_args()


def _measured(size: int, profile: Path | None) -> dict[str, Any]:
    """First run and night of one size, on a hub of its own.

    Raises:
        CalledProcessError: a stage failed, and has said why.
    """
    say(f"{size:,} memories")
    with tempfile.TemporaryDirectory(prefix="memoryhub-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root the services run as another account and must get in
        with embedded.start(folder / "var", durable=False) as services:
            own = {"DATABASE_URL": services.urls.database_url,
                   "REDIS_URL": services.urls.redis_url, "LLM_MODEL": ""}  # fmt: skip
            environment = {**os.environ, **{k: v for k, v in own.items() if v is not None}}
            found = {}
            _stage("seed", size, folder, environment)
            found["first"] = _stage("run", size, folder, environment, profile)
            say(f"first run: {found['first']['seconds']:.1f} s")
            _stage("night", size, folder, environment)
            found["night"] = _stage("run", size, folder, environment)
            say(f"night: {found['night']['seconds']:.1f} s")
            return found


def _stage(
    name: str,
    size: int,
    folder: Path,
    environment: dict[str, str],
    profile: Path | None = None,
) -> dict[str, Any]:
    out = folder / f"{name}.json"
    command = [sys.executable, "-m", "bench.growth.stage", name, "--size", str(size)]
    command += ["--out", str(out)]
    if profile is not None:
        profile.mkdir(parents=True, exist_ok=True)
        command += ["--profile", str(profile / f"{size}.prof")]
    subprocess.run(command, env=environment, check=True)
    figures: dict[str, Any] = json.loads(out.read_text())
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
