"""What rooms that know no policy may ask of a language model: kept by the room that has policies.

A text leaves the hub only when the gate lets it, and only while the organisation's day has calls
left. Without a gate nothing is asked.
"""

from typing import Protocol

from apps.providers.protocol import Spent


class Gate(Protocol):
    """One per process; counts in the database."""

    def left(self, organisation_id: int) -> int:
        """Requests that background reading may still make today, UTC; 0 for none."""

    def spend(self, organisation_id: int, spent: Spent) -> None:
        """Count what was asked."""

    def sayable(self, text: str) -> bool:
        """Whether the text may be shown to a model: it bears no secret, personal data or orders."""


_gates: list[Gate] = []


def keep(gate: Gate) -> None:
    """Ask `gate` from now on, in place of any other."""
    _gates[:] = [gate]


def gate() -> Gate | None:
    """Who is asked; None while nobody is, and then nothing may leave."""
    return _gates[0] if _gates else None
