"""Writing memories by the hundred thousand: the rows that the hub writes, searched by afterwards.

Indexes that only searches need, the counting of words and the graph are left out while rows come
and made at the end, at once. Imports the application, so Django is set up before this module is.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from apps.accounts.actors import Actor
from apps.kernel import clock
from apps.memories.models import Memory
from apps.memories.services import index, memories, statistics, storage
from apps.memories.services.drafts import Draft
from apps.providers.embedders import get_embedder
from apps.spaces.services import writing
from bench.service.progress import say
from bench.service.vectors import Floats

_BATCH = 5_000
_SAID_EVERY = 25_000
_FOLDED_AT_ONCE = 10**9  # all of them: nobody else writes
_INDEX = "memories_memoryindex"
_TABLES = (_INDEX, "memories_memory", "memories_memoryrevision")
_ROWS_A_GIGABYTE = 400_000  # of the graph while it is built: beyond memory it takes hours
_OTHER_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
 WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique AND a.amname LIKE %s
 ORDER BY c.relname
"""


def load(scribe: Actor, drafts: Sequence[Draft], vectors: Floats) -> list[int]:
    """Write memories with their vectors; their row ids, in order. No two may say the same.

    The next part is analysed while the database writes the one before.
    """
    spaces = {named: writing.writable_space(scribe, named) for named in {d.space for d in drafts}}
    model, now = get_embedder().model, clock.now()

    def prepared(first: int, end: int) -> tuple[list[Memory], list[index.Lexical]]:
        part = drafts[first:end]
        built = [memories.build(scribe, spaces[draft.space], draft, now) for draft in part]
        return built, [index.lexical(memory) for memory in built]

    keys: list[int] = []
    parts = list(pairwise([*range(0, len(drafts), _BATCH), len(drafts)]))
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(prepared, *parts[0])
        for place, (first, end) in enumerate(parts):
            built, lexicals = coming.result()
            if place + 1 < len(parts):
                coming = pool.submit(prepared, *parts[place + 1])
            with transaction.atomic():
                stored = storage.insert(scribe, built, lexicals, {model: vectors[first:end]})
            keys += [memory.pk for memory in stored]
            if end % _SAID_EVERY == 0 or end == len(drafts):
                say(f"written: {end:,} memories with their vectors")
    return keys


@contextmanager
def searched_afterwards() -> Iterator[None]:
    """Without the indexes that only searches need and without counting words: made at the end."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {_INDEX} DISABLE TRIGGER USER")
        with _indexes_afterwards(cursor, "%"):
            yield
        cursor.execute(f"ALTER TABLE {_INDEX} ENABLE TRIGGER USER")
        say("counting words")
        statistics.repair()
        statistics.fold(batch=_FOLDED_AT_ONCE)
        cursor.execute("DELETE FROM graph_pending")  # a hub at rest: reading them takes long
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def graph_afterwards() -> Iterator[None]:
    """Without the graph index of the vectors; it is built once, afterwards, statistics too."""
    with connection.cursor() as cursor:
        with _indexes_afterwards(cursor, "hnsw"):
            yield
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _indexes_afterwards(cursor: Any, kind: str) -> Iterator[None]:
    cursor.execute(_OTHER_INDEXES, [list(_TABLES), kind])
    others = cursor.fetchall()
    for name, _ in others:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute(f"SELECT count(*) FROM {_INDEX}")  # noqa: S608  a constant
    gigabytes = math.ceil(cursor.fetchone()[0] / _ROWS_A_GIGABYTE) or 1
    cursor.execute(f"SET maintenance_work_mem = '{gigabytes}GB'")
    for name, definition in others:
        say(f"building {name}")
        cursor.execute(definition)
    cursor.execute("RESET maintenance_work_mem")


def store(keys: Sequence[int], vectors: Floats) -> None:
    """Fill in the pending vectors in one statement."""
    with connection.cursor() as cursor:
        _copy(keys, vectors)
        cursor.execute(
            f"UPDATE {_INDEX} i SET embedding = b.embedding FROM bench_vectors b"  # noqa: S608
            " WHERE i.memory_id = b.memory_id AND i.model = %s",
            [get_embedder().model],
        )
        cursor.execute("DROP TABLE bench_vectors")


def _copy(keys: Sequence[int], vectors: Floats) -> None:
    connection.ensure_connection()
    raw = connection.connection
    register_vector(raw)
    with raw.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_vectors (memory_id bigint, embedding halfvec)")
        with cursor.copy("COPY bench_vectors FROM STDIN WITH (FORMAT binary)") as copy:
            copy.set_types(["int8", "halfvec"])
            for key, vector in zip(keys, vectors, strict=True):
                copy.write_row((key, HalfVector(vector)))
        cursor.execute("ANALYZE bench_vectors")
