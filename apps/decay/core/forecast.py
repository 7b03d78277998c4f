"""How many memories would be archived by when, from how many fade in which month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Point:
    """Where things stand at one moment.

    Attributes:
        on: the day.
        archived: memories that would be archived by then, those due today included.
    """

    on: date
    archived: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a policy would archive if nothing is said, confirmed or reported from now on.

    Attributes:
        memories: active ones, protected ones included.
        kept: due by the last day but protected, by reason.
        points: today and the first of each month after it.
        kinds: archived by the last day, by kind.
    """

    memories: int
    kept: Mapping[str, int]
    points: tuple[Point, ...]
    kinds: Mapping[str, int]

    @property
    def archived(self) -> int:
        """By the last day."""
        return self.points[-1].archived

    @property
    def sentence(self) -> str:
        """One line for people."""
        return (
            f"{self.archived:,} of {self.memories:,} would be archived by"
            f" {self.points[-1].on:%Y-%m-%d}."
        )


def days(now: datetime, months: int) -> tuple[datetime, ...]:
    """`now`, and the first of each of the `months` months after it, at midnight of its zone.

    Raises:
        ValueError: months outside 1 to 60.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise ValueError(f"months must lie between 1 and {MOST_MONTHS}")
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = [start.year * 12 + start.month - 1 + step for step in range(1, months + 1)]
    return now, *(start.replace(year=one // 12, month=one % 12 + 1) for one in counted)


def points(moments: Sequence[datetime], fading: Mapping[int, int]) -> tuple[Point, ...]:
    """Running totals: `fading` says how many fade up to the moment of a place, after the last."""
    found, archived = [], 0
    for place, moment in enumerate(moments):
        archived += fading.get(place, 0)
        found.append(Point(moment.date(), archived))
    return tuple(found)
