"""What a person sees while a benchmark runs: time passed and what is being done."""

import sys
from time import monotonic

_BEGAN = monotonic()


def say(what: str) -> None:
    """One line on standard error, with the seconds since the start."""
    sys.stderr.write(f"[{monotonic() - _BEGAN:6.0f} s] {what}\n")
    sys.stderr.flush()


def duration(seconds: float) -> str:
    """Roughly, for a person."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
