"""Children of the supervisor: kept running, output in one log, all of them gone at the end."""

import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from memoryhub.embedded.process import Handle, spawn

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before the 1st, 2nd, ... restart in a row
STEADY_SECONDS = 60.0  # a child that lived this long starts again at the first step
GRACE_SECONDS = 15.0  # between SIGTERM and SIGKILL


@dataclass
class Child:
    """A command that should run for as long as the hub does.

    `last_words` is the signal it gets when the supervisor itself disappears. `patience` is how long
    it leaves the machine to the others first, in seconds: until `Fleet.hasten` if that is sooner.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    last_words: signal.Signals = signal.SIGTERM
    patience: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    began: float = 0.0
    due: float = 0.0
    partial: bytes = b""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.process.pid if self.process else None

    @property
    def log(self) -> logging.Logger:
        """Where its output goes."""
        return logging.getLogger(self.name)

    def start(self) -> None:
        """Start it in a session of its own."""
        self.began = time.monotonic()
        self.process = spawn(
            self.argv,
            output=subprocess.PIPE,
            last_words=self.last_words,
            env=self.env,
            cwd=self.cwd,
        )

    def signal_group(self, number: int) -> None:
        """Signal it and all its descendants that stayed in its group."""
        if self.process:
            Handle(self.process.pid, "").send(number, group=True)

    def read(self) -> bool:
        """Log the complete lines that are waiting; False at the end of its output."""
        if not self.process or not self.process.stdout:
            return False
        chunk = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.partial = (self.partial + chunk).split(b"\n")
        if not chunk and self.partial:
            lines, self.partial = [self.partial], b""
        for line in lines:
            if text := line.decode(errors="replace").rstrip():
                self.log.info("%s", text)
        return bool(chunk)


@dataclass
class Fleet:
    """The children, and the loop that watches them."""

    children: list[Child]
    hurry: Callable[[], bool] = lambda: False  # asked while stopping: may we skip the grace?
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def start(self) -> None:
        """Start every child that has no patience; `tick` starts the others."""
        now = time.monotonic()
        for child in self.children:
            child.due = now + child.patience
            if not child.patience:
                self._start(child)

    def hasten(self) -> None:
        """Those that still wait to be started for the first time need not wait any longer."""
        for child in self.children:
            if not child.began:
                child.due = 0.0

    def tick(self, seconds: float) -> None:
        """Copy output for up to `seconds`; then bury the dead, start those whose time has come."""
        self._pump(seconds)
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.due:
                    self._start(child)
            elif child.process.poll() is not None:
                self._bury(child)
                self._plan_restart(child)

    def stop(self) -> None:
        """End all children and their descendants: SIGTERM, a bounded wait, SIGKILL to groups."""
        for child in self.children:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._running() and time.monotonic() < deadline and not self.hurry():
            self._pump(0.1)
        for child in self._running():
            child.log.warning("did not stop in %d s, killed", GRACE_SECONDS)
        for child in self.children:
            self._bury(child)

    def _running(self) -> list[Child]:
        return [one for one in self.children if one.process and one.process.poll() is None]

    def _start(self, child: Child) -> None:
        child.start()
        if child.process and child.process.stdout:
            self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _pump(self, seconds: float) -> None:
        for key, _events in self.selector.select(seconds):
            if not key.data.read():
                self.selector.unregister(key.fileobj)

    def _bury(self, child: Child) -> None:
        """Kill what is left of a child's group, take its last lines and its exit status."""
        child.signal_group(signal.SIGKILL)
        if not child.process:
            return
        status = child.process.wait()
        stream = child.process.stdout
        if stream:
            if stream in {key.fileobj for key in self.selector.get_map().values()}:
                self.selector.unregister(stream)
                while child.read():
                    pass
            stream.close()
        child.process = None
        child.log.debug("ended with status %s", status)

    def _plan_restart(self, child: Child) -> None:
        now = time.monotonic()
        if now - child.began > STEADY_SECONDS:
            child.failures = 0
        delay = BACK_OFF[min(child.failures, len(BACK_OFF) - 1)]
        child.failures += 1
        child.due = now + delay
        child.log.warning("ended unexpectedly; starting it again in %g s", delay)
