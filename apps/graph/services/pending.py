"""Reading what was written or changed: claimed by lease, shared by several workers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from apps.canon.models import Section
from apps.graph.models import Pending, Relation
from apps.graph.services import asking, conflicts, holding, keeping, sources
from apps.kernel import clock
from apps.memories.models import Memory, Status
from apps.spaces.models import SpaceKind

logger = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_ALONE_AFTER = 3  # failed attempts after which a memory is read by itself


def read(*, batch: int = 50) -> int:
    """Read up to `batch` memories and sections that are due; returns how many were claimed.

    A claim is a lease: what a killed worker had in hand is due again after it. What fails is pushed
    ahead with growing waits, at last alone, and loses nothing.
    """
    claimed = _claim(clock.now(), batch)
    by_organisation: dict[int, list[Pending]] = defaultdict(list)
    for row in claimed:
        home = row.memory or (row.section and row.section.space)
        by_organisation[home.organisation_id if home else 0].append(row)
    for organisation_id, rows in sorted(by_organisation.items()):
        try:
            _read(organisation_id, rows)
        except DatabaseError as error:
            logger.warning("graph_reading_failed", count=len(rows), error=type(error).__name__)
    return len(claimed)


@transaction.atomic
def note_all(organisation_id: int) -> int:
    """Read all shared memories and canon of an organisation again; returns how many of them."""
    shared = Memory.objects.filter(
        organisation=organisation_id, status__in=[Status.ACTIVE, Status.SUPERSEDED]
    ).exclude(space__kind=SpaceKind.PERSONAL)
    ids = shared.values_list("pk", flat=True)
    canon = Section.objects.known_at(None).filter(space__organisation=organisation_id)
    now = clock.now()
    rows = [Pending(memory_id=pk, next_attempt_at=now) for pk in ids]
    rows += [
        Pending(section_id=pk, next_attempt_at=now) for pk in canon.values_list("pk", flat=True)
    ]
    Pending.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
    return len(rows)


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
    due = Pending.objects.due(now).select_related("memory", "section__space")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:batch])
    if rows and rows[0].attempts >= _ALONE_AFTER:
        rows = rows[:1]
    else:
        rows = [row for row in rows if row.attempts < _ALONE_AFTER]
    for attempts in {row.attempts for row in rows}:
        wait = min(_LEASE * 2 ** min(attempts, 10), _LONGEST_WAIT)
        same = [row.pk for row in rows if row.attempts == attempts]
        Pending.objects.filter(pk__in=same).update(
            next_attempt_at=now + wait, attempts=F("attempts") + 1
        )
    return rows


@transaction.atomic
def _read(organisation_id: int, rows: Sequence[Pending]) -> None:
    holding.lock(organisation_id)
    # Who changes one right now notes it again; waiting for it here could deadlock
    unlocked = Memory.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    memories = list(
        unlocked.filter(pk__in=[row.memory_id for row in rows if row.memory_id])
        .select_related("space")
        .order_by("pk")
    )
    free = Section.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    sections = list(
        free.filter(pk__in=[row.section_id for row in rows if row.section_id])
        .select_related("revision")
        .order_by("pk")
    )
    told = sources.of_memories(memories)
    keeping.keep(organisation_id, [*told, *sources.of_sections(sections)])
    noted = {source.pk for source in told if source.note is not None}
    standing = [one for one in memories if one.status == Status.ACTIVE and one.pk in noted]
    asking.queue(standing)
    _done(memories, sections)


def _done(memories: Sequence[Memory], sections: Sequence[Section]) -> None:
    """One that was written meanwhile begins anew; one that somebody holds is read once more."""
    read = Pending.objects.filter(
        Q(memory__in=memories) | Q(section__in=sections), attempts__gt=0
    ).select_for_update(skip_locked=True)
    Pending.objects.filter(pk__in=list(read.values_list("pk", flat=True))).delete()
