"""New memories into their three tables - memory, first revision, index - by one statement.

For one memory it saves two round trips, for a thousand the ORM's work on sixty thousand values.
The columns come from the models, so a new field of `Memory` is written, too; a new field of the
other two needs a line here, and says so when this module is loaded.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from apps.kernel import clock
from apps.kernel.planned import Planned, planned
from apps.memories.models import Memory, MemoryIndex, MemoryRevision
from apps.memories.services import backlog, encoders
from apps.memories.services.index import Embedded, Lexical, vector_text

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_LEXICAL = {"lexemes": "tsvector", "terms": "sparsevec", "vectors": "json"}
_REVISION = {
    "memory_id": "memory.id", "number": "item.revision", "recorded_at": "item.updated_at",
    "recorded_by_id": "%(user)s", "reason": "''",
}  # fmt: skip
_INDEX = {
    "memory_id": "memory.id", "model": "kept.model", "lexemes": "item.lexemes",
    "terms": "item.terms", "embedding": "(item.vectors ->> kept.model)::halfvec", "attempts": "0",
    "next_attempt_at": "%(now)s",
}  # fmt: skip


def insert(
    actor: "Actor",
    memories: Sequence[Memory],
    lexicals: Sequence[Lexical],
    embedded: Embedded | None = None,
) -> list[Memory]:
    """Write unsaved memories in their order; what its author has said there already is left out.

    Args:
        actor: who is recorded in the first revision.
        lexicals: what `index.lexical` said of each memory.
        embedded: vectors in the order of the memories, as `index.embed_now` gave them; a model
            without any is pending work.

    Returns:
        Those that were written, with their row ids.
    """
    if not memories:
        return []
    vectors = embedded or {}
    models = [embedder.model for embedder in encoders.written()]
    values: dict[str, Any] = {
        "items": json.dumps(list(_items(memories, lexicals, vectors)), default=_plain),
        "models": models,
        "user": actor.user.pk,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_planned().call, values)
        ids: dict[UUID, int] = dict(cursor.fetchall())
    if ids and any(model not in vectors for model in models):
        backlog.announce()
    return list(_stored(memories, ids))


def _items(
    memories: Sequence[Memory], lexicals: Sequence[Lexical], vectors: Embedded
) -> Iterator[dict[str, Any]]:
    columns = list(_columns(Memory))
    for place, (memory, analysed) in enumerate(zip(memories, lexicals, strict=True)):
        item = {column: getattr(memory, column) for column in columns}
        item["lexemes"], item["terms"] = analysed.lexemes, analysed.terms.to_text()
        item["vectors"] = {model: vector_text(rows[place]) for model, rows in vectors.items()}
        yield item


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _stored(memories: Sequence[Memory], ids: dict[UUID, int]) -> Iterator[Memory]:
    for memory in memories:
        if memory.public_id in ids:
            memory.pk = ids[memory.public_id]
            memory._state.adding = False  # noqa: SLF001  as `save` does
            memory._state.db = "default"  # noqa: SLF001
            yield memory


def definition() -> str:
    """What makes the function that keeps the statement planned."""
    return _planned().definition


@cache
def _planned() -> Planned:
    takes = {"items": "json", "models": "text[]", "user": "bigint", "now": "timestamptz"}
    return planned(
        "memories_insert", _statement(), takes=takes, gives=("uuid", "bigint"), writes=True
    )


def _statement() -> str:
    own = _columns(Memory)
    record = ", ".join(f"{name} {kind}" for name, kind in {**own, **_LEXICAL}.items())
    names = ", ".join(own)
    return f"""
WITH item AS MATERIALIZED (SELECT * FROM json_to_recordset(%(items)s::json) AS x({record})),
memory AS (
    INSERT INTO memories_memory ({names}) SELECT {names} FROM item
    ON CONFLICT (space_id, author_id, content_hash) WHERE status IN ('active', 'quarantined')
    DO NOTHING RETURNING id, public_id),
revision AS (
    INSERT INTO memories_memoryrevision {_from_item(MemoryRevision, _REVISION)}
      FROM memory JOIN item USING (public_id)),
search AS (
    INSERT INTO memories_memoryindex {_from_item(MemoryIndex, _INDEX)}
      FROM memory JOIN item USING (public_id) CROSS JOIN unnest(%(models)s::text[]) AS kept(model))
SELECT public_id, id FROM memory
"""  # noqa: S608  names of columns and the constants above


def _from_item(model: type[Model], given: dict[str, str]) -> str:
    """Columns and their sources: as given, else of the same name in the memory."""
    names, memory = _columns(model), _columns(Memory)
    unknown = [name for name in names if name not in given and name not in memory]
    if unknown:
        raise TypeError(f"{model.__name__}: nothing tells what to write into {unknown}")
    sources = ", ".join(given.get(name, f"item.{name}") for name in names)
    return f"({', '.join(names)}) SELECT {sources}"


@cache
def _columns(model: type[Model]) -> dict[str, str]:
    """Columns but the row id, with their types."""
    fields = model._meta.concrete_fields  # noqa: SLF001  Django documents it
    return {
        str(field.column): str(field.db_type(connection))
        for field in fields
        if not field.primary_key
    }
