"""Which of several claims stands when only one can be true at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Holding:
    """One functional relation of a subject: to `object` from `start` until before `end`.

    Attributes:
        recorded_at: when the hub learned of it.
        accepted: a reviewer decided for it.
    """

    id: int
    object: int
    start: datetime | None
    end: datetime | None
    recorded_at: datetime
    accepted: bool = False


def standing(holdings: Iterable[Holding]) -> frozenset[int]:
    """Ids of those that stand; every other one contradicts one that does.

    What reviewers accepted goes first, then what was recorded first. Deterministic in the set.
    """
    stand: list[Holding] = []
    for one in sorted(holdings, key=lambda h: (not h.accepted, h.recorded_at, h.id)):
        if not any(contradict(one, other) for other in stand):
            stand.append(one)
    return frozenset(one.id for one in stand)


def contradict(one: Holding, other: Holding) -> bool:
    """Another object for some of the same time."""
    return (
        one.object != other.object
        and (one.start or _FIRST) < (other.end or _LAST)
        and (other.start or _FIRST) < (one.end or _LAST)
    )
