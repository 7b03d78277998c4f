"""Which retention rule holds where, and since when something is past its time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from apps.spaces.core.ancestry import path

Action = Literal["archive", "delete", "keep"]
Basis = Literal["confirmed", "created"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule.

    Attributes:
        id: row id.
        kind: of memories; empty for all.
        max_age_days: whole days, at least 1; None with `keep`.
    """

    id: int
    space: int
    kind: str
    version: int
    action: Action
    max_age_days: int | None
    basis: Basis

    def before(self, now: datetime) -> datetime | None:
        """What is older than this moment is due; None for nothing, also beyond all calendars."""
        if self.action == "keep" or self.max_age_days is None:
            return None
        try:
            return now - timedelta(days=self.max_age_days)
        except OverflowError:
            return None


def newest(rules: Iterable[Rule]) -> dict[tuple[int, str], Rule]:
    """The last version by space and kind."""
    found: dict[tuple[int, str], Rule] = {}
    for rule in rules:
        known = found.get((rule.space, rule.kind))
        if known is None or known.version < rule.version:
            found[rule.space, rule.kind] = rule
    return found


def in_force(
    rules: Mapping[tuple[int, str], Rule],
    *,
    space: int,
    kind: str,
    parent_of: Mapping[int, int | None],
) -> Rule | None:
    """The rule for a kind in a space: of the nearest space upwards that has one for the kind or
    for all kinds, the kind's own first; None where nobody ruled."""
    ruled = (rules.get((at, named)) for at in path(space, parent_of) for named in (kind, ""))
    return next((rule for rule in ruled if rule is not None), None)
