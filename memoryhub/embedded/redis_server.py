"""One Redis on a unix socket, its queue kept in an append-only file."""

import logging
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from memoryhub.embedded.account import Account
from memoryhub.embedded.binaries import redis_program
from memoryhub.embedded.layout import Layout
from memoryhub.embedded.process import Handle, ServiceError, residents, spawn

NAMES = ("redis-server", "valkey-server")
STOP = ((signal.SIGTERM, 2.0), (signal.SIGTERM, 8.0))  # it declines while it rewrites its file
LOADING_SECONDS = 120

logger = logging.getLogger("memoryhub.embedded")


@dataclass(frozen=True)
class RedisServer:
    """A Redis with its data in `layout.redis`, reached through the unix socket in `sockets`."""

    layout: Layout
    account: Account
    sockets: Path
    durable: bool = True

    @property
    def url(self) -> str:
        """URL as redis-py and Django read it; Celery spells the scheme `redis+socket://`."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.sockets / "redis.sock"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it has loaded its file.

        A file that Redis cannot read is moved aside and reported: the queue only repeats work that
        PostgreSQL knows to be pending, so losing it costs time and no memory.

        Raises:
            ServiceError: it does not start; says what the server said.
        """
        self.account.own(self.layout.redis)
        try:
            return self._start_once()
        except ServiceError as error:
            if "AOF" not in str(error) and "append only" not in str(error):
                raise
            aside = self.layout.var / f"redis.unreadable-{datetime.now(UTC):%Y%m%d%H%M%S}"
            self.layout.redis.rename(aside)
            logger.warning("Redis could not read its file, moved to %s; starting empty", aside)
        self.account.own(self.layout.redis)
        return self._start_once()

    def _start_once(self) -> subprocess.Popen[bytes]:
        log = self.layout.log("redis")
        offset = log.stat().st_size
        with log.open("ab") as output:
            server = spawn(
                [*self.account.prefix, str(redis_program()), *self._options()],
                output=output, last_words=signal.SIGTERM, env={}, cwd=self.sockets,
                run_as=self.account.run_as,
            )  # fmt: skip
        try:
            _wait_until_ready(server, self._socket, log, offset)
        except BaseException:
            stop(server.pid)
            server.wait()
            raise
        return server

    def _options(self) -> list[str]:
        appendonly = "yes" if self.durable else "no"
        return [
            "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "600",
            "--dir", str(self.layout.redis), "--save", "", "--appendonly", appendonly,
            "--appendfsync", "everysec", "--aof-load-truncated", "yes",
            "--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ]  # fmt: skip


def stop(pid: int) -> None:
    """Let Redis write its file and end; bounded, then SIGKILL."""
    if handle := Handle.of(pid):
        handle.stop(*STOP)


def sweep(data: Path) -> None:
    """End a server that a killed hub left on this data folder."""
    for handle in residents(data, NAMES):
        handle.stop(*STOP)


def answers(path: Path) -> bool:
    """Whether a Redis behind this socket is ready (not still loading its file)."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _wait_until_ready(server: subprocess.Popen[bytes], path: Path, log: Path, offset: int) -> None:
    deadline = time.monotonic() + LOADING_SECONDS
    while server.poll() is None:
        if answers(path):
            return
        if time.monotonic() > deadline:
            raise ServiceError(f"Redis did not answer in {LOADING_SECONDS} s: see {log}.")
        time.sleep(0.01)
    with log.open("rb") as stream:
        stream.seek(offset)
        lines = stream.read().decode(errors="replace").splitlines()
    complaints = [line for line in lines if " # " in line and "WARNING" not in line]
    reason = " ".join(line.split(" # ")[-1] for line in complaints) or "no reason given"
    raise ServiceError(f"Redis did not start: {reason.rstrip('.')} (see {log}).")
