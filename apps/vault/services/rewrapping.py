"""Changing the key keeper or its key: data keys are wrapped anew, values stay as they are."""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Error
from apps.vault.errors import Unopened
from apps.vault.keepers import choice
from apps.vault.keepers.protocol import Keeper
from apps.vault.models import DataKey
from apps.vault.services import datakeys

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Data keys under one key of one keeper; `problem` is empty when the first of them opens."""

    keeper: str
    key: str
    count: int
    is_current: bool
    problem: str


def standings() -> list[Standing]:
    """What is wrapped by what, and whether it opens right now."""
    groups = DataKey.objects.values_list("keeper", "keeper_key").annotate(Count("pk"))
    now = _current_or_none()
    return [
        Standing(keeper, key, count, now == (keeper, key), _problem(keeper, key))
        for keeper, key, count in groups.order_by("keeper", "keeper_key")
    ]


def waiting(*, everything: bool = False) -> int:
    """How many data keys `rewrap` would wrap anew."""
    return _due(choice.current(), everything=everything).count()


def rewrap(*, everything: bool = False, told: Told | None = None) -> int:
    """Wrap every data key that is not under the present key of the present keeper; how many were.

    Each is written by itself, once the new wrapping has been opened again: it can be stopped at any
    moment and goes on where it was. No value is read or written.

    Args:
        everything: also those under the present key, for services that rotate behind its name.
        told: called with how many are done, of how many.

    Raises:
        Unopened, KeeperUnavailable: a key cannot be unwrapped or wrapped; it stays as it was.
    """
    keeper, done = choice.current(), 0
    due = list(_due(keeper, everything=everything).values_list("pk", flat=True))
    for row in _rows(due):
        done += _rewrap_one(row, keeper)
        if told is not None:
            told(done, len(due))
    if done:
        events.record(
            action="credentials.rewrap",
            by=events.SYSTEM,
            object_type="data_key",
            detail={"keys": done, "keeper": keeper.name},
        )
    return done


def _rewrap_one(row: DataKey, keeper: Keeper) -> int:
    """1, or 0 when somebody else wrapped it meanwhile. Asks services outside a transaction."""
    context = datakeys.context_of(row)
    plain = datakeys.unwrap(row)
    wrapped = keeper.wrap(plain, context)
    if not hmac.compare_digest(keeper.unwrap(wrapped, context, key=keeper.key), plain):
        raise Unopened(f"{keeper.name} does not give back what it wrapped; nothing was changed.")
    unchanged = DataKey.objects.filter(pk=row.pk, wrapped=row.wrapped)
    return unchanged.update(
        wrapped=wrapped, keeper=keeper.name, keeper_key=keeper.key, wrapped_at=clock.now()
    )


def _due(keeper: Keeper, *, everything: bool) -> QuerySet[DataKey]:
    present = Q(keeper=keeper.name, keeper_key=keeper.key)
    rows = DataKey.objects.order_by("pk")
    return rows if everything else rows.exclude(present)


def _rows(ids: list[int]) -> Iterator[DataKey]:
    for pk in ids:
        yield DataKey.objects.get(pk=pk)


def _current_or_none() -> tuple[str, str] | None:
    try:
        keeper = choice.current()
    except Error:
        return None
    return keeper.name, keeper.key


def _problem(keeper: str, key: str) -> str:
    row = DataKey.objects.filter(keeper=keeper, keeper_key=key).earliest("pk")
    try:
        datakeys.unwrap(row)
    except Error as error:
        return error.detail
    return ""
