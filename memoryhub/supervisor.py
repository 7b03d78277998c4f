"""The whole hub on one machine with one command: `python -m memoryhub.supervisor` (`make run`).

Starts PostgreSQL and Redis where DATABASE_URL and REDIS_URL do not name others, prepares the
database, then runs web, worker and beat until Ctrl-C. Nothing it starts outlives it.
"""

import argparse
import http.client
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

from memoryhub import embedded
from memoryhub.embedded.layout import make_var
from memoryhub.embedded.process import lock, marked, spawn
from memoryhub.fleet import Child, Fleet

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
# Every queue that settings route to. What curates takes minutes to hours and would keep all that is
# quick waiting: it has a worker of its own, of one task at a time.
QUICK, LONG = "default,embed", "curate"
# No events between workers: ours beats in Redis itself, and a worker that is told to end while its
# broker is gone would wait for ever to send its last event
QUIET = ("--without-heartbeat", "--without-gossip", "--without-mingle")
MARK = "MEMORYHUB_SUPERVISED"
WEB_FIRST_SECONDS = 20.0  # worker and beat let it start alone: two cores answer sooner by a third

logger = logging.getLogger("hub")


@dataclass(frozen=True)
class Options:
    """What the person asked for. `port` is None when any free one will do."""

    host: str
    port: int | None
    web_workers: int
    worker_concurrency: int

    @property
    def reach(self) -> str:
        """Address in a URL under which this machine reaches `host`."""
        any_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared # nosec B104
        host = any_address.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host


def parse(argv: list[str] | None) -> Options:
    """Options from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m memoryhub.supervisor",
        description="Run the whole hub here: database, queue, web, worker, scheduler.",
        epilog="DATABASE_URL and REDIS_URL replace the built-in PostgreSQL and Redis."
        " Data lies in var/, or where MEMORYHUB_VAR says.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, help=f"port to listen on ({DEFAULT_PORT}, or the next free one)"
    )
    parser.add_argument("--web-workers", type=int, default=2, help="web processes (%(default)s)")
    parser.add_argument(
        "--worker-concurrency",
        type=int,
        default=2,
        help="quick tasks at a time, beside one long one (%(default)s)",
    )
    return Options(**vars(parser.parse_args(argv)))


def main(argv: list[str] | None = None) -> int:
    """Run until stopped; the exit status."""
    options = parse(argv)
    var = make_var(Path(os.environ.get("MEMORYHUB_VAR") or ROOT / "var"))
    held = lock(var / "supervisor.lock")
    if held is None:
        sys.stdout.write(_already_running(var))
        return 0
    _log_to(var)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options, var)
    except embedded.ServiceError as error:
        sys.stderr.write(f"memoryhub: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        (var / "supervisor.json").unlink(missing_ok=True)
        os.close(held)


def _run(options: Options, var: Path) -> int:
    for handle in marked(f"{MARK}={var}"):  # left by a supervisor that was killed
        handle.send(signal.SIGKILL)
        handle.wait(5)
    _note(var, {"pid": os.getpid()})
    port = choose_port(options.host, options.port)
    url = f"http://{options.reach}:{port}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "MEMORYHUB_VAR": str(var)}
    environment |= {MARK: str(var), "DATABASE_ROLE": "owner"}
    only = [
        service
        for service, name in (("postgres", "DATABASE_URL"), ("redis", "REDIS_URL"))
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE"))
    ]
    with reserve(options.host, port), embedded.start(var, only=only) as services:
        environment |= {
            name: value
            for name, value in (
                ("DATABASE_URL", services.urls.database_url),
                ("REDIS_URL", services.urls.redis_url),
            )
            if value
        }
        status, welcome = _prepare(url, environment)
        if status:
            return status
        fleet = Fleet(commands(options, port, var, environment, services.urls))
        status = _serve(fleet, services, url=url, var=var, welcome=welcome)
    logger.info("stopped; the data stay in %s", var)
    return status


def _prepare(url: str, environment: dict[str, str]) -> tuple[int, str]:
    """Checks, migrations, static files, first administrator; exit status and what to show."""
    child = spawn(
        [sys.executable, "-m", "memoryhub.prepare", "--base-url", url],
        output=subprocess.PIPE,
        errors=None,
        last_words=signal.SIGTERM,
        env=environment,
        cwd=ROOT,
    )
    try:
        output, _ = child.communicate()
    except BaseException:
        child.kill()
        child.wait()
        raise
    return (1 if child.returncode else 0), output.decode(errors="replace")


def commands(
    options: Options,
    port: int,
    var: Path,
    environment: dict[str, str],
    urls: embedded.ServiceUrls | None = None,
) -> list[Child]:
    """The hub's own processes, each with the database login of its kind."""
    metrics = var / "run" / "prometheus"
    shutil.rmtree(metrics, ignore_errors=True)  # counters of processes that are gone
    metrics.mkdir(parents=True)
    web = [
        "granian", "--interface", "wsgi", "--host", options.host, "--port", str(port),
        "--workers", str(options.web_workers), "--blocking-threads", "1", "--no-ws",
        "--respawn-failed-workers", "--workers-kill-timeout", "10",
        "--http1-header-read-timeout", "10000", "--http1-buffer-size", "65536",
        "memoryhub.wsgi:application",
    ]  # fmt: skip
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-q", "-A", "celery_app.app"]
    beat = [*celery, "beat", "--pidfile=", "-s", str(var / "run" / "beat-schedule")]
    as_web = _environment_of("web", environment, urls) | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    as_worker = _environment_of("worker", environment, urls)

    def worker(name: str, queues: str, at_once: int) -> Child:
        argv = [*celery, "worker", "-n", f"{name}@%h", "-c", str(at_once), "-Q", queues, *QUIET]
        # SIGQUIT: without its broker a warm shutdown would wait for ever
        return Child(
            name, argv, as_worker, ROOT, last_words=signal.SIGQUIT, patience=WEB_FIRST_SECONDS
        )

    return [
        Child("web", python + web, as_web, ROOT),
        worker("worker", QUICK, options.worker_concurrency),
        worker("curator", LONG, 1),
        Child("beat", beat, as_worker, ROOT, patience=WEB_FIRST_SECONDS),
    ]


def _environment_of(
    kind: str, environment: dict[str, str], urls: embedded.ServiceUrls | None
) -> dict[str, str]:
    """Of a web or worker process: its own login where the database is ours, never the owner's."""
    own = urls.role_urls.get(kind, "") if urls else ""
    return environment | {"DATABASE_ROLE": kind} | ({"DATABASE_URL": own} if own else {})


def _serve(fleet: Fleet, services: embedded.Services, *, url: str, var: Path, welcome: str) -> int:
    """Watch until a signal comes; a second one skips the children's grace."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: signals.append(number))
    fleet.hurry = lambda: len(signals) > 1
    ready = False
    known: dict[str, int | None] = {}
    try:
        fleet.start()
        while not signals:
            fleet.tick(0.2)
            for name in services.revive():
                logger.warning("%s ended unexpectedly and was started again", name)
            if not ready and (ready := _answers(url)):
                fleet.hasten()
                fleet.tick(0)
                _announce(fleet, services, url, welcome)
            pids = {child.name: child.pid for child in fleet.children} | services.pids
            if pids != known:
                known = pids
                _note(var, {"pid": os.getpid(), "url": url, "processes": pids})
        logger.info("stopping")
    finally:
        fleet.stop()
    return 0


def _announce(fleet: Fleet, services: embedded.Services, url: str, welcome: str) -> None:
    pids = {child.name: child.pid for child in fleet.children} | services.pids
    running = ", ".join(f"{name} {pid}" for name, pid in pids.items())
    logger.info("ready: web %s (pids: %s)", url, running)
    sys.stdout.write(f"\n{welcome.strip()}\n\n" if welcome.strip() else "")
    sys.stdout.flush()  # past the log: it may hold a token, shown once


def _answers(url: str) -> bool:
    """Whether the web processes answer; any answer but a server error will do."""
    address = url.partition("://")[2]
    connection = http.client.HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reserve(host: str, port: int) -> socket.socket:
    """Hold a free port until the web processes listen on it, and while they do.

    They share it by SO_REUSEPORT; `choose_port` of another hub, which does not, finds it taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((host, port))
    return held


def choose_port(host: str, wanted: int | None) -> int:
    """`wanted` if it is free; without a wish the first free port from 8000 on.

    Raises:
        ServiceError: the wanted port is taken, or `host` is no address of this machine.
    """
    for port in [wanted] if wanted is not None else range(DEFAULT_PORT, DEFAULT_PORT + 100):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen()
            except OSError as error:
                reason = error.strerror or str(error)
            else:
                return int(probe.getsockname()[1])
    place = f"port {wanted} on {host}" if wanted is not None else f"any port on {host}"
    raise embedded.ServiceError(f"Cannot listen on {place}: {reason}.")


def _already_running(var: Path) -> str:
    try:
        note = json.loads((var / "supervisor.json").read_text())
    except (OSError, ValueError):
        note = {}
    if "url" not in note:
        return f"A hub is starting in this checkout already (pid {note.get('pid', 'unknown')}).\n"
    pids = ", ".join(f"{name} {pid}" for name, pid in note["processes"].items())
    return (
        f"A hub is running in this checkout already: {note['url']}"
        f" (pids: supervisor {note['pid']}, {pids}).\n"
        f"Stop it with Ctrl-C in its terminal, or with: kill {note['pid']}\n"
    )


def _note(var: Path, content: dict[str, object]) -> None:
    draft = var / "supervisor.json.new"
    draft.write_text(json.dumps(content))
    draft.replace(var / "supervisor.json")


def _log_to(var: Path) -> None:
    """One log for all processes: the terminal, and var/log/hub.log (10 MiB, three kept)."""
    logging.raiseExceptions = False  # a closed terminal is no reason to stop
    path = var / "log" / "hub.log"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(sys.stdout),
        RotatingFileHandler(path, maxBytes=10 * 2**20, backupCount=2),
    ]
    logging.basicConfig(
        level=logging.INFO, format="%(name)-7s| %(message)s", handlers=handlers, force=True
    )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
