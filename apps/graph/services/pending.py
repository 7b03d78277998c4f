"""Reading memories that were written or changed: claimed by lease, shared by several workers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F

from apps.graph.models import Pending, Relation
from apps.graph.services import conflicts, holding, keeping
from apps.kernel import clock
from apps.memories.models import Memory

logger = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_ALONE_AFTER = 3  # failed attempts after which a memory is read by itself


def read(*, batch: int = 50) -> int:
    """Read up to `batch` memories that are due; returns how many were claimed.

    A claim is a lease: what a killed worker had in hand is due again after it. What fails is pushed
    ahead with growing waits, at last alone, and loses nothing.
    """
    claimed = _claim(clock.now(), batch)
    by_organisation: dict[int, list[int]] = defaultdict(list)
    for row in claimed:
        by_organisation[row.memory.organisation_id].append(row.memory_id)
    for organisation_id, ids in sorted(by_organisation.items()):
        try:
            _read(organisation_id, ids)
        except DatabaseError as error:
            logger.warning("graph_reading_failed", count=len(ids), error=type(error).__name__)
    return len(claimed)


def settle_conflicts() -> int:
    """Look again at what contradicted something that may be gone; returns organisations."""
    waiting = Relation.objects.conflicting().live()
    organisations = sorted(set(waiting.values_list("organisation_id", flat=True)))
    for organisation_id in organisations:
        with transaction.atomic():
            holding.lock(organisation_id)
            conflicts.settle(organisation_id)
    return len(organisations)


@transaction.atomic
def _claim(now: datetime, batch: int) -> Sequence[Pending]:
    due = Pending.objects.due(now).select_related("memory").only("attempts", "memory")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:batch])
    if rows and rows[0].attempts >= _ALONE_AFTER:
        rows = rows[:1]
    else:
        rows = [row for row in rows if row.attempts < _ALONE_AFTER]
    for attempts in {row.attempts for row in rows}:
        wait = min(_LEASE * 2 ** min(attempts, 10), _LONGEST_WAIT)
        same = [row.memory_id for row in rows if row.attempts == attempts]
        Pending.objects.filter(memory__in=same).update(
            next_attempt_at=now + wait, attempts=F("attempts") + 1
        )
    return rows


@transaction.atomic
def _read(organisation_id: int, ids: Sequence[int]) -> None:
    holding.lock(organisation_id)
    # Who changes one right now notes it again; waiting for it here could deadlock
    unlocked = Memory.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    memories = list(unlocked.filter(pk__in=ids).select_related("space").order_by("pk"))
    keeping.keep(organisation_id, memories)
    read = Pending.objects.filter(memory__in=[memory.pk for memory in memories])
    read.filter(attempts__gt=0).delete()  # one that was written meanwhile begins anew
