"""Moving many memories from one status to another by one statement, each with its revision.

What `memories.move` does for one: rows, history and index agree, and the triggers see every row.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from apps.memories.models import Memory, MemoryRevision, Status

_REVISION = {
    "memory_id": "moved.id", "number": "moved.revision", "recorded_at": "%(now)s",
    "recorded_by_id": "NULL", "reason": "%(reason)s",
}  # fmt: skip

# One of several with the same words can be live; the newest, unless somebody said it again since.
_FREE = """
AND NOT EXISTS (SELECT FROM memories_memory t WHERE t.id <> m.id AND t.space_id = m.space_id
                   AND t.author_id = m.author_id AND t.content_hash = m.content_hash
                   AND (t.status IN ('active', 'quarantined')
                        OR (t.id > m.id AND t.id = ANY(%(ids)s) AND t.status = %(old)s)))
"""


class Moved(NamedTuple):
    """A memory that moved."""

    pk: int
    public_id: UUID
    space_id: int


def move_all(ids: Sequence[int], *, old: str, new: str, reason: str, now: datetime) -> list[Moved]:
    """Move those of the memories that are `old` to `new`; nobody is recorded as who did it.

    Call inside a transaction. To `active` moves only what is not said there anew by its author.

    Args:
        ids: row ids.
        old, new: statuses; the database refuses what is no move.
        reason: of the revision.
        now: when.

    Returns:
        Those that moved, in the order of their row ids.
    """
    values: dict[str, Any] = {
        "ids": list(ids),
        "old": old,
        "new": new,
        "reason": reason,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(live=new == Status.ACTIVE), values)
        return [Moved(*row) for row in cursor.fetchall()]


@cache
def _statement(*, live: bool) -> str:
    own = {field.column for field in Memory._meta.concrete_fields}  # noqa: SLF001  documented
    fields = MemoryRevision._meta.concrete_fields  # noqa: SLF001  documented
    names = [str(field.column) for field in fields if not field.primary_key]
    unknown = [name for name in names if name not in _REVISION and name not in own]
    if unknown:
        raise TypeError(f"nothing tells what to write into {unknown} of a revision")
    values = ", ".join(_REVISION.get(name, f"moved.{name}") for name in names)
    return f"""
WITH wanted AS MATERIALIZED (
    SELECT m.id FROM memories_memory m WHERE m.id = ANY(%(ids)s) AND m.status = %(old)s
    {_FREE if live else ""} ORDER BY m.id FOR UPDATE OF m),
moved AS (
    UPDATE memories_memory m SET status = %(new)s, revision = m.revision + 1, updated_at = %(now)s
      FROM wanted WHERE m.id = wanted.id RETURNING m.*),
history AS (
    INSERT INTO memories_memoryrevision ({", ".join(names)}) SELECT {values} FROM moved),
search AS (
    UPDATE memories_memoryindex i SET status = moved.status FROM moved WHERE i.memory_id = moved.id)
SELECT id, public_id, space_id FROM moved ORDER BY id
"""  # noqa: S608  names of columns and the constants above
