"""Status moves of many locked memories at once, each with its revision. Content stays untouched."""

from collections.abc import Sequence

from django.db.models import F

from apps.accounts.models import User
from apps.kernel import clock
from apps.memories.models import Memory, MemoryIndex, MemoryRevision
from apps.memories.services import memories


def move(locked: Sequence[Memory], status: str, *, by: User, reason: str) -> None:
    """Change their status for one reason; see `move_each`."""
    move_each([(memory, reason) for memory in locked], status, by=by)


def move_each(moves: Sequence[tuple[Memory, str]], status: str, *, by: User) -> None:
    """Change their status; the database refuses what the state machine does not know.

    Three statements, however many they are.

    Args:
        moves: memories locked by the caller's transaction, as they are stored, each once, with the
            reason for its revision; no content.
        status: what all of them become.
        by: who is recorded in the revisions.
    """
    ids = [memory.pk for memory, _ in moves]
    now = clock.now()
    Memory.objects.filter(pk__in=ids).update(
        status=status, revision=F("revision") + 1, updated_at=now
    )
    revisions = []
    for memory, reason in moves:
        memory.status, memory.revision, memory.updated_at = status, memory.revision + 1, now
        revision = memories.snapshot(memory, None)
        revision.recorded_by, revision.reason = by, reason
        revisions.append(revision)
    MemoryRevision.objects.bulk_create(revisions)
    MemoryIndex.objects.filter(memory__in=ids).update(status=status)
