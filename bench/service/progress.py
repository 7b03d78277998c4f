"""What a person sees while a benchmark runs, and how they stop it."""

import signal
import sys
from time import monotonic
from types import FrameType

_BEGAN = monotonic()


def say(what: str) -> None:
    """One line on standard error, with the seconds since the start."""
    sys.stderr.write(f"[{monotonic() - _BEGAN:6.0f} s] {what}\n")
    sys.stderr.flush()


def duration(seconds: float) -> str:
    """Roughly, for a person."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def interruptible() -> None:
    """Let SIGTERM end this process as Ctrl-C does, cleaning up; both also in the background."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
