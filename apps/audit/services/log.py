"""Reading the sealed log: events with their places, seals, and the hashes of proofs.

In batches: leaves and seals only grow, so what is added meanwhile does not disturb.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection

from apps.audit import sql
from apps.audit.core.canon import COLUMNS, VERSION, Head
from apps.audit.core.merkle import (
    EMPTY_ROOT,
    Range,
    consistency_ranges,
    inclusion_ranges,
    prove,
)
from apps.audit.core.verification import Leaf
from apps.audit.models import Leaf as LeafRow
from apps.audit.models import Seal
from apps.audit.services import seals
from apps.kernel.errors import Invalid, NotFound

_BATCH = 5_000

Told = Callable[[int], None]  # is told how many more events were read


def records(told: Told | None = None) -> Iterator[Leaf | Head]:
    """The database's log in the order that a Checker reads it."""
    start = 0
    for row in Seal.objects.order_by("number").iterator(chunk_size=1_000):
        yield from _leaves(start, row.size, told)
        yield seals.head_of(row)
        start = max(start, row.size)
    yield from _beyond(start)


def leaf_at(position: int) -> Leaf:
    """The leaf at a position, with its event.

    Raises:
        NotFound: there is none.
    """
    for leaf in _leaves(position, position + 1, None):
        return leaf
    raise NotFound(f"There is no position {position}.")


def inclusion(*, position: int, size: int) -> list[bytes]:
    """Hashes that prove the leaf at `position` in the tree of `size` events, lowest first.

    Raises:
        NotFound: there is no such leaf in that tree.
    """
    try:
        ranges = inclusion_ranges(position, size)
    except ValueError as error:
        raise NotFound(f"There is no position {position} among {size} sealed events.") from error
    return _proof(ranges)


def consistency(*, old: int, new: int) -> list[bytes]:
    """Hashes that prove that the first `old` events are the same in the tree of `new`.

    Raises:
        Invalid: not 0 < old <= new.
    """
    try:
        ranges = consistency_ranges(old, new)
    except ValueError as error:
        raise Invalid(str(error)) from error
    return _proof(ranges)


def _proof(ranges: Iterable[Range]) -> list[bytes]:
    hashes = prove(ranges, _hashes)
    if EMPTY_ROOT in hashes:
        raise NotFound("Leaves of the log are missing; run `manage.py audit verify`.")
    return hashes


def _hashes(start: int, end: int) -> Iterator[bytes]:
    rows = LeafRow.objects.filter(position__gte=start, position__lt=end).order_by("position")
    for found in rows.values_list("hash", flat=True).iterator(chunk_size=_BATCH):
        yield bytes(found)


def _leaves(start: int, end: int, told: Told | None) -> Iterator[Leaf]:
    for first in range(start, end, _BATCH):
        with connection.cursor() as cursor:
            cursor.execute(sql.LEAVES, {"start": first, "end": min(end, first + _BATCH)})
            rows = cursor.fetchall()
        yield from map(_leaf, rows)
        if told:
            told(len(rows))


def _beyond(size: int) -> Iterator[Leaf]:
    """A leaf that no seal covers, if there is one and it was not sealed just now."""
    outside = LeafRow.objects.exclude(position__range=(0, size - 1)).order_by("position")
    first = outside.values_list("position", flat=True).first()
    if first is not None and not Seal.objects.filter(size__gt=size).exists():
        yield from _leaves(first, first + 1, None)


def _leaf(row: tuple[Any, ...]) -> Leaf:
    position, event_id, version, hashed, *values = row
    event = None if values[0] is None else dict(zip(COLUMNS[VERSION], values, strict=True))
    return Leaf(position, event_id, version, bytes(hashed), event)
