"""Start, find, revive and stop the services of one hub."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from memoryhub.embedded import account, postgres_server, process, redis_server
from memoryhub.embedded.addresses import ServiceUrls
from memoryhub.embedded.binaries import postgres_folder, redis_program
from memoryhub.embedded.layout import (
    Layout,
    State,
    make_var,
    remove_socket_folder,
    socket_folder,
)
from memoryhub.embedded.postgres_server import PostgresServer
from memoryhub.embedded.process import Handle, ServiceError
from memoryhub.embedded.redis_server import RedisServer

ALL = ("postgres", "redis")
_ATTACH_SECONDS = 60
_STOP = {"postgres": postgres_server.stop, "redis": redis_server.stop}


@dataclass
class Services:
    """Running services. Only the process that started them can stop them; others are attached.

    Use as a context manager, or call `stop()`.
    """

    layout: Layout
    state: State
    servers: dict[str, PostgresServer | RedisServer] = field(default_factory=dict)
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    lock: int | None = None

    @property
    def urls(self) -> ServiceUrls:
        """Where the services are."""
        return self.state.urls

    @property
    def pids(self) -> dict[str, int]:
        """Process id by service name."""
        return {name: handle.pid for name, handle in self.state.processes.items()}

    @property
    def attached(self) -> bool:
        """Whether another process owns them."""
        return self.lock is None

    def revive(self) -> list[str]:
        """Start again, at the same address, what died by itself; names of those.

        Raises:
            ServiceError: one does not come back.
        """
        dead = [name for name, child in self.children.items() if child.poll() is not None]
        for name in dead:
            _SWEEP[name](self.layout)
            self._start(name)
        return dead

    def stop(self) -> None:
        """Stop Redis, then PostgreSQL, and forget them; does nothing when attached or stopped."""
        if self.lock is None:
            return
        for name in reversed(self.children):
            _STOP[name](self.children[name].pid)
            self.children[name].wait()
        self.children.clear()
        self.layout.state.unlink(missing_ok=True)
        remove_socket_folder(self.state.sockets)
        os.close(self.lock)
        self.lock = None

    def _start(self, name: str) -> None:
        child = self.servers[name].start()
        self.children[name] = child
        if handle := Handle.of(child.pid):
            self.state.processes[name] = handle
        self.state.save(self.layout.state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start(var: Path, *, only: Collection[str] = ALL, durable: bool = True) -> Services:
    """Start PostgreSQL and Redis with their data under `var`, or attach to those already running.

    Whatever an earlier, killed hub left behind (processes, pid files, sockets) is cleaned up first,
    and crash recovery is waited for. Call it from the main thread: on Linux the services get a stop
    signal when that thread ends.

    Args:
        var: the hub's data folder; created if missing.
        only: which of "postgres" and "redis".
        durable: False trades crash safety for speed; for tests.

    Raises:
        ServiceError: a service cannot run here; the message is one sentence.
    """
    layout = Layout(make_var(var))
    deadline = time.monotonic() + _ATTACH_SECONDS
    while (held := process.lock(layout.lock)) is None:
        state = State.load(layout.state)
        if state and urls(layout.var):
            return Services(layout, state)
        if time.monotonic() > deadline:
            raise ServiceError(
                f"Another process holds {layout.lock}, but its services do not answer."
            )
        time.sleep(0.05)
    return _launch(layout, held, only=only, durable=durable)


def urls(var: Path) -> ServiceUrls | None:
    """Where the services under `var` are, if they run right now: processes alive, sockets open.

    Cheap (under a millisecond) and without side effects; settings call it in every process.
    """
    state = State.load(Layout(var.resolve()).state)
    if not state or not state.processes:
        return None
    complete = bool(state.database_url) + bool(state.redis_url) == len(state.processes)
    if not complete or not all(handle.alive for handle in state.processes.values()):
        return None
    sockets = {"postgres": ".s.PGSQL.5432", "redis": "redis.sock"}
    if not all(_open(Path(state.sockets, sockets[name])) for name in state.processes):
        return None
    return state.urls


def _launch(layout: Layout, lock: int, *, only: Collection[str], durable: bool) -> Services:
    services = None
    try:
        _clean_up_after_a_crash(layout)
        program = postgres_folder() / "postgres" if "postgres" in only else redis_program()
        who = account.choose(program, layout.var)
        state = State("", "", str(socket_folder(who)), os.getpid(), {})
        services = Services(layout, state, lock=lock)
        for name, kind in (("postgres", PostgresServer), ("redis", RedisServer)):
            if name in only:
                services.servers[name] = kind(layout, who, Path(state.sockets), durable)
                services._start(name)  # noqa: SLF001 - this module's own class
        postgres = services.servers.get("postgres")
        services.state = State(
            services.servers["postgres"].url if "postgres" in only else "",
            services.servers["redis"].url if "redis" in only else "",
            state.sockets, state.owner, state.processes,
            postgres.role_urls if isinstance(postgres, PostgresServer) else {},
        )  # fmt: skip
        services.state.save(layout.state)
    except BaseException:
        if services:
            services.stop()
        else:
            os.close(lock)
        raise
    return services


def _clean_up_after_a_crash(layout: Layout) -> None:
    """End what a dead owner left running; we hold the lock, so nobody uses it rightfully."""
    state = State.load(layout.state)
    if state:
        for name, handle in reversed(state.processes.items()):
            if handle.alive:
                _STOP[name](handle.pid)
        remove_socket_folder(state.sockets)
        layout.state.unlink()
    for sweep in _SWEEP.values():
        sweep(layout)


_SWEEP: dict[str, Callable[[Layout], None]] = {
    "redis": lambda layout: redis_server.sweep(layout.redis),
    "postgres": lambda layout: postgres_server.sweep(layout.postgres),
}


def _open(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(2)
        client.connect(str(path))
        return True
    return False
