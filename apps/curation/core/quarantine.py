"""What may become of a mark: who moves it where, and what newer rules make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["kept", "disputed", "released", "confirmed", "cleared"]

# Whoever decided, decided on the words; so a mark is released only after its owner opened them.
MOVES: dict[State, tuple[State, ...]] = {
    "kept": ("disputed", "confirmed", "cleared"),
    "disputed": ("released", "confirmed", "cleared"),
    "released": ("confirmed", "kept"),
    "confirmed": (),
    "cleared": ("kept",),
}
_LETS_PASS: frozenset[State] = frozenset({"released", "cleared"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mark stands, and for which codes, sorted."""

    state: State
    codes: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether the revision takes part in promotion all the same."""
        return self.state in _LETS_PASS


def first(found: Iterable[str]) -> Standing:
    """The standing of a revision that was never marked before.

    Args:
        found: codes of the screen, at least one.
    """
    return Standing("kept", tuple(sorted(set(found))))


def again(known: Standing, found: Iterable[str]) -> Standing:
    """The standing after other rules read the same revision.

    A release covers the codes it was given for: one more brings the mark back. What somebody
    confirmed stays confirmed, whatever the rules make of it. Codes that were judged are kept as
    they were judged; what is cleared keeps the codes it had.

    Args:
        known: how it stood under the rules before.
        found: codes that the present rules find; may be empty.
    """
    codes = tuple(sorted(set(found)))
    if known.state == "confirmed":
        return known
    if known.state == "released":
        return known if set(codes) <= set(known.codes) else Standing("kept", codes)
    if not codes:
        return Standing("cleared", known.codes)
    return Standing("kept" if known.state == "cleared" else known.state, codes)


def may_become(state: State, wanted: State) -> bool:
    """Whether a person or the rules may move a mark from `state` to `wanted`."""
    return wanted in MOVES[state]
