"""`make demo`: start a hub of its own under `var/demo`, play an organisation on it, stop it.

A hub that runs already in this checkout is left alone. The data stay: a second `make demo` finds
everything in place and shows that nothing changes.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from memoryhub.demo.folder import BUNDLED, FolderError, read

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 180


def main(argv: list[str] | None = None) -> int:
    """Play the demo; the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=BUNDLED, help="folder (%(default)s)")
    parser.add_argument("--var", type=Path, help="where the demo hub keeps its data (var/demo)")
    parser.add_argument("--json", type=Path, help="also write the report here")
    options = parser.parse_args(argv)
    try:
        folder = read(options.data)
    except FolderError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    default = Path(os.environ.get("MEMORYHUB_VAR") or ROOT / "var") / "demo" / folder.name.lower()
    var = (options.var or default).resolve()
    var.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "MEMORYHUB_VAR": str(var), "LOG_LEVEL": "WARNING"}
    sys.stdout.write(f"starting a hub for {folder.name} under {_shown(var)} …\n")
    sys.stdout.flush()
    with (var / "demo.log").open("w") as log:
        hub = subprocess.Popen(
            [sys.executable, "-m", "memoryhub.supervisor"],
            env=environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            url = _wait(hub, var)
            return _perform(url, options, environment)
        except TimeoutError as error:
            sys.stderr.write(f"demo: {error} See {_shown(var / 'demo.log')}.\n")
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            hub.send_signal(signal.SIGINT)
            hub.wait(60)


def _perform(url: str, options: argparse.Namespace, environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "memoryhub.demo.perform", "--base-url", url]
    command += ["--data", str(options.data.resolve())]
    if options.json:
        command += ["--json", str(options.json.resolve())]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def _wait(hub: subprocess.Popen[bytes], var: Path) -> str:
    """URL of the hub once it serves.

    Raises:
        TimeoutError: it ended or did not come up.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and hub.poll() is None:
        try:
            note = json.loads((var / "supervisor.json").read_text())
        except (OSError, ValueError):
            note = {}
        if note.get("pid") == hub.pid and "url" in note and _ready(note["url"]):
            return str(note["url"])
        time.sleep(0.2)
    raise TimeoutError("The hub did not start.")


def _ready(url: str) -> bool:
    import httpx  # noqa: PLC0415 - half a second that `--help` need not wait for

    try:
        checks = httpx.get(f"{url}/health/ready", timeout=2).json()["checks"]
    except (httpx.HTTPError, ValueError, KeyError):
        return False
    return bool(checks["database"]["ok"] and checks["worker"]["ok"])


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
