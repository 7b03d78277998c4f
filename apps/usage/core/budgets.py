"""What a space may spend on models in a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from apps.spaces.core.ancestry import path

NAMES = {"calls": "requests", "tokens": "tokens", "cost": "US dollars"}


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent.

    Attributes:
        calls: requests, answered or not.
        tokens: of questions and answers together.
        cost: US dollars; requests of an unknown price count nothing here.
    """

    calls: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(
            self.calls + other.calls, self.tokens + other.tokens, self.cost + other.cost
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each in one day, UTC; None for no limit, 0 for nothing at all."""

    calls: int | None = None
    tokens: int | None = None
    cost: Decimal | None = None


def exceeded(limits: Limits, spent: Spending) -> str:
    """Which limit is reached, in words; empty while none is.

    A request is let through while there is anything left: what it costs is known only afterwards,
    so a day ends at most one request, or one for each worker, above its limit.
    """
    for one in fields(Limits):
        limit, used = getattr(limits, one.name), getattr(spent, one.name)
        if limit is not None and used >= limit:
            return f"{used:,} of {limit:,} {NAMES[one.name]} are spent today (UTC)"
    return ""


def below(
    space: int, by_space: Mapping[int, Spending], parent_of: Mapping[int, int | None]
) -> Spending:
    """What a space and all spaces under it spent together."""
    return sum(
        (spent for one, spent in by_space.items() if space in path(one, parent_of)), Spending()
    )


def first_refusal(
    space: int,
    limits: Mapping[int, Limits],
    by_space: Mapping[int, Spending],
    parent_of: Mapping[int, int | None],
) -> str:
    """Why a space may ask no model now: a limit of its own or of a space above; empty if it may."""
    reasons: Iterable[str] = (
        exceeded(limits[one], below(one, by_space, parent_of))
        for one in path(space, parent_of)
        if one in limits
    )
    return next(filter(None, reasons), "")
