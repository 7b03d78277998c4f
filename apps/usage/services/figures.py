"""What models were asked and what that cost, by day, for who reviews. Figures, never words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.models import Space
from apps.usage.models import ModelCall
from apps.usage.querysets import ModelCallQuerySet

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

MOST_DAYS = 366
DAYS = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """Requests of one day (UTC), purpose, task, version of the prompt, and model.

    Attributes:
        failed: of the calls, those without an answer.
        estimated: of the calls, those whose tokens the hub guessed.
        cost: US dollars of those with a known price; None where none has one.
        unpriced: of the calls, those without a known price.
        seconds: that they took together.
    """

    day: date
    purpose: str
    task: str
    version: int
    kind: str
    model: str
    calls: int
    failed: int
    tokens_in: int
    tokens_out: int
    estimated: int
    cost: Decimal | None
    unpriced: int
    seconds: float


def seen_by(
    actor: "Actor",
    *,
    since: date | None = None,
    until: date | None = None,
    space: Space | None = None,
) -> list[Figure]:
    """Figures of the actor's organisation, latest day first.

    Args:
        actor: who asks.
        since: first day; by default 29 days before `until`.
        until: last day; today by default.
        space: only what was asked for this space; one that the actor reads.

    Raises:
        Forbidden: the actor reviews nowhere.
        Invalid: the days are in the wrong order or more than 366.
    """
    if not access.of(actor).ids("review"):
        raise Forbidden("Only reviewers see what models are asked.")
    last = until or clock.now().date()
    first = since or last - timedelta(days=DAYS - 1)
    if first > last:
        raise Invalid("since must not be after until.", attr="since")
    if last - first >= timedelta(days=MOST_DAYS):
        raise Invalid(f"since and until span more than {MOST_DAYS} days.", attr="since")
    calls = ModelCall.objects.visible_to(actor)
    calls = calls.between(_midnight(first), _midnight(last) + timedelta(days=1))
    return list(_figures(calls.filter(space=space) if space else calls))


def _figures(calls: ModelCallQuerySet) -> Iterator[Figure]:
    for row in calls.figures():
        cost, milliseconds = row.pop("spent"), row.pop("milliseconds_all")
        yield Figure(**row, cost=cost, seconds=milliseconds / 1000)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
