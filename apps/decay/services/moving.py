"""Archiving what faded and bringing back what was confirmed, in batches, each with its reason."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction

from apps.audit.services import events
from apps.decay import sql
from apps.decay.core import strength
from apps.decay.models import DecayMove, DecayRun, RunState
from apps.decay.services.reckoning import Faded
from apps.kernel import clock
from apps.memories.models import Status
from apps.memories.services import moves
from apps.memories.services.moves import Moved
from apps.spaces.models import Space, SwitchKind
from apps.spaces.services import switches

BATCH = 1_000

Told = Callable[[str, int], None]  # step, memories of it that are done


def silent(_step: str, _done: int) -> None:
    """Nobody follows."""


def heed(run: DecayRun) -> None:
    """Go on only while nothing stops the run.

    Raises:
        Paused: consolidation is paused or nothing may be written. A dry run may look all the same,
            and an undo is stopped by read-only alone: what a pause is for is what it takes back.
    """
    for kind in _heeded(run):
        switches.check(kind, run.organisation_id)


def stopped(run: DecayRun) -> bool:
    """Whether a switch stops it right now."""
    return any(switches.holding(kind, run.organisation_id) for kind in _heeded(run))


def _heeded(run: DecayRun) -> tuple[SwitchKind, ...]:
    if run.dry:
        return ()
    if run.state == RunState.UNDOING:
        return (SwitchKind.READ_ONLY,)
    return SwitchKind.READ_ONLY, SwitchKind.CONSOLIDATION


def archive(run: DecayRun, found: Faded, told: Told = silent) -> None:
    """Archive what faded; of a dry run only the counts are kept."""
    done = 0
    for (reason, kind), ids in sorted(found.ids.items()):
        for batch in _batches(ids):
            heed(run)
            moved = len(batch) if run.dry else _archive(run, batch, reason, kind)
            if run.dry:
                _count(run, _archived(run, kind, reason, moved))
            done += moved
            told("archiving", done)


def revive(run: DecayRun, ids: Sequence[int], told: Told = silent) -> None:
    """Bring back what decay archived and somebody confirmed since."""
    done = 0
    for batch in _batches(ids):
        heed(run)
        moved = len(batch) if run.dry else _restore(run, batch, strength.CONFIRMED)
        if run.dry:
            _count(run, {"revived": run.counts.get("revived", 0) + moved})
        done += moved
        told("reviving", done)


def undo(run: DecayRun, told: Told = silent) -> None:
    """Bring back what the run archived; what cannot come back is counted as `left`."""
    after, done = 0, 0
    while True:
        standing = DecayMove.objects.standing().filter(run=run, pk__gt=after).order_by("pk")
        batch = list(standing.values_list("pk", "memory_id")[:BATCH])
        if not batch:
            break
        heed(run)
        after = batch[-1][0]
        done += _restore(run, [memory for _, memory in batch], strength.UNDONE)
        told("undoing", done)
    left = DecayMove.objects.standing().filter(run=run).count()
    _count(run, {"restored": run.counts.get("restored", 0), "left": left})


@transaction.atomic
def _archive(run: DecayRun, batch: Sequence[int], reason: str, kind: str) -> int:
    """Archive those of a batch that nothing happened to since the run began; how many."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(sql.still_due(), {"ids": list(batch), "now": run.moment})
        due = [pk for (pk,) in cursor.fetchall()]
    moved = moves.move_all(due, old=Status.ACTIVE, new=Status.ARCHIVED, reason=reason, now=now)
    DecayMove.objects.bulk_create(
        DecayMove(run=run, memory_id=one.pk, reason=reason, moved_at=now) for one in moved
    )
    _record("memory.archive", run, moved, reason)
    _count(run, _archived(run, kind, reason, len(moved)))
    return len(moved)


@transaction.atomic
def _restore(run: DecayRun, batch: Sequence[int], reason: str) -> int:
    """Make those of a batch active again that may be; how many."""
    now = clock.now()
    moved = moves.move_all(batch, old=Status.ARCHIVED, new=Status.ACTIVE, reason=reason, now=now)
    rows = DecayMove.objects.standing().filter(memory__in=[one.pk for one in moved])
    rows.update(restored_at=now, restored_for=reason)
    _record("memory.restore", run, moved, reason)
    name = "restored" if reason == strength.UNDONE else "revived"
    _count(run, {name: run.counts.get(name, 0) + len(moved)} if moved else {})
    return len(moved)


def _archived(run: DecayRun, kind: str, reason: str, moved: int) -> dict[str, object]:
    """`counts.archived` with that many more."""
    table = {name: dict(reasons) for name, reasons in run.counts.get("archived", {}).items()}
    reasons = Counter(table.get(kind, {}))
    reasons[reason] += moved
    return {"archived": {**table, kind: dict(reasons)}} if moved else {}


def _count(run: DecayRun, counts: Mapping[str, object]) -> None:
    """Add to the counts in the transaction of what is counted."""
    run.counts = {**run.counts, **counts}
    run.beat_at = clock.now()
    DecayRun.objects.filter(pk=run.pk).update(counts=run.counts, beat_at=run.beat_at)


def _record(action: str, run: DecayRun, moved: Sequence[Moved], reason: str) -> None:
    """One event per space."""
    by_space: dict[int, list[UUID]] = defaultdict(list)
    for one in moved:
        by_space[one.space_id].append(one.public_id)
    names = dict(Space.objects.filter(pk__in=by_space).values_list("pk", "public_id"))
    for space, ids in by_space.items():
        events.record(
            action=action,
            by=events.By(organisation=run.organisation.public_id),
            space=names[space],
            object_type="memory",
            object_ids=ids,
            reason=reason,
            detail={"run": str(run.public_id)},
        )


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
