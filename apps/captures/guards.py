"""What keeps a capture from being deleted; rooms above register here."""

from collections.abc import Callable

from apps.captures.models import Capture

Guard = Callable[[Capture], None]

_guards: list[Guard] = []


def register(guard: Guard) -> None:
    """Ask `guard` before each deletion from now on; it raises where there is a reason against."""
    if guard not in _guards:
        _guards.append(guard)


def check(capture: Capture) -> None:
    """Raises whatever a guard raises."""
    for guard in _guards:
        guard(capture)
