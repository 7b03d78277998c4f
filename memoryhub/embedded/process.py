"""Processes we start: identity that survives pid reuse, death with the parent, bounded stop."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServiceError(RuntimeError):
    """A service could not be started; the message is one sentence for a person to read."""


@dataclass(frozen=True)
class Handle:
    """A process, identified by pid and start time, so a reused pid is never mistaken for it."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> "Handle | None":
        """Handle of a living process, or None when there is none (a zombie counts as none)."""
        born = _born(pid)
        return cls(pid, born) if born else None

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        return _born(self.pid) == self.born

    def wait(self, seconds: float) -> bool:
        """Wait until it is gone; False when it still lives after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def send(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process or to its whole process group; a dead one is ignored."""
        if not group and not self.alive:
            return
        try:
            (os.killpg if group else os.kill)(self.pid, number)
        except ProcessLookupError:
            return

    def stop(self, *steps: tuple[int, float]) -> None:
        """Send each (signal, seconds to wait) in turn until it is gone, SIGKILL at the end."""
        for number, seconds in steps:
            self.send(number)
            if self.wait(seconds):
                return
        self.send(signal.SIGKILL)
        self.wait(10)


def _born(pid: int) -> str | None:
    """Start time of a living process as an opaque mark, None for a missing one or a zombie."""
    if sys.platform != "linux":
        return _born_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may contain blanks
    return None if fields[0] in "ZX" else fields[19]


def _born_by_ps(pid: int) -> str | None:
    done = subprocess.run(  # noqa: S603 - fixed arguments
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, born = done.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else born.strip()


def residents(folder: Path, names: Sequence[str]) -> list[Handle]:
    """Living processes called one of `names` that work in `folder` (none are seen off Linux).

    Finds what a killed hub left behind even when its notes are lost: PostgreSQL and Redis both make
    their data folder the working folder, and so do all of PostgreSQL's children.
    """
    target = str(folder.resolve())
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if command_name(int(entry.name)) in names and str((entry / "cwd").readlink()) == target:
                found.append(Handle.of(int(entry.name)))
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return [handle for handle in found if handle]


def marked(mark: str) -> list[Handle]:
    """Living processes whose environment at start contained `mark` (none are seen off Linux).

    Args:
        mark: a whole entry, NAME=value.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(Handle.of(int(entry.name)))
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return [handle for handle in found if handle]


def command_name(pid: int) -> str:
    """Short name of a running program, empty when unknown."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def lock(path: Path) -> int | None:
    """Descriptor of an exclusive lock, None when another holder lives.

    The kernel releases it when its holder ends, however that happens; children do not inherit it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def spawn(
    argv: Sequence[str],
    *,
    output: IO[bytes] | int,
    errors: int | None = subprocess.STDOUT,
    last_words: int,
    env: Mapping[str, str],
    cwd: Path,
    run_as: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that is signalled when this process dies (Linux).

    Call it from the main thread: the kernel watches the *thread* that forked.

    Args:
        output: where its standard output goes, `subprocess.PIPE` for a pipe.
        errors: where its standard error goes; by default along with the output, None: to ours.
        last_words: signal it receives if this process disappears, kill -9 included.
        run_as: user and group id to change to; needs root.

    Raises:
        OSError: the program cannot be run.
    """
    return subprocess.Popen(  # noqa: S603 - programs and arguments are ours
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        user=run_as[0] if run_as else None,
        group=run_as[1] if run_as else None,
        extra_groups=[] if run_as else None,
        preexec_fn=_dies_with(os.getpid(), last_words),  # noqa: PLW1509 - one prctl, no locks
    )


def _dies_with(parent: int, number: int) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl = _libc.prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_kernel
