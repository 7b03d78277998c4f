"""Making pending embeddings: claimed in batches, so that several workers share the work."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import structlog
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from redis.exceptions import RedisError

from apps.kernel import clock
from apps.memories.models import MemoryIndex
from apps.memories.services import backlog, encoders, migration
from apps.memories.services.index import vector_text
from apps.providers.embedders import Embedder
from apps.providers.errors import EmbedderUnavailable
from apps.providers.vectors import Vectors
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

logger = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=2)  # a batch to a slow remote model takes up to one
_LONGEST_WAIT = timedelta(hours=1)
_LACKING_KEPT = 60  # seconds
_ALONE_AFTER = 3  # failed attempts after which a text is tried by itself

# Only where the text is still the one that was embedded
_STORE = """
UPDATE memories_memoryindex AS i SET embedding = v.embedding::halfvec
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, content_hash, embedding)
 WHERE i.id = v.id AND i.content_hash = v.content_hash
"""
_PUSH_AHEAD = """
UPDATE memories_memoryindex AS i SET next_attempt_at = v.moment
  FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS v(id, content_hash, moment)
 WHERE i.id = v.id AND i.content_hash = v.content_hash
"""


def embed_pending(*, batch: int = 96) -> int:
    """Embed up to `batch` pending memories with each model in use; returns how many were done.

    A claim is a lease: the rows become due again when their worker dies. A failing batch is pushed
    ahead with growing waits; a model that is down loses nothing and does not hold up the others.
    """
    return sum(_embed(embedder, batch) for embedder in encoders.written())


def pending_count() -> int:
    """How many embeddings are still to be made with the active model."""
    return int(MemoryIndex.objects.pending().filter(model=encoders.active().model).count())


def lacking_count() -> int:
    """How many memories have no row of the active model; up to a minute old: it takes a scan.

    Zero while Redis, which keeps the count, is away.
    """
    model = encoders.active().model
    key = f"embeddings:lacking:{model}"
    try:
        known: int | None = cache.get(key)
        if known is None:
            known = migration.lacking(model).count()
            cache.set(key, known, _LACKING_KEPT)
    except RedisError:
        return 0
    return known


def _embed(embedder: Embedder, batch: int) -> int:
    began = time.monotonic()
    claimed = _claim(embedder.model, batch)
    if not claimed:
        return 0
    try:
        vectors = _vectors(embedder, claimed)  # outside any transaction: it may be a network call
    except EmbedderUnavailable as error:
        _push_ahead(claimed)
        logger.warning("embeddings_pending", count=len(claimed), error=str(error))
        return 0
    with transaction.atomic():
        _store(claimed, vectors)
        if claimed[0].attempts >= _ALONE_AFTER:  # the model is back: batches again
            due = MemoryIndex.objects.due(clock.now()).filter(model=embedder.model)
            due.order_by().update(attempts=0)
    backlog.drained(len(claimed), time.monotonic() - began)
    return len(claimed)


def _vectors(embedder: Embedder, rows: Sequence[MemoryIndex]) -> Vectors:
    """In the order of the rows. A service is asked for each organisation by itself: the books say
    for whom."""
    if embedder.in_process:
        return embedder.embed([row.memory.text for row in rows])
    places: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.memory.organisation_id].append(place)
    found = np.empty((len(rows), embedder.dimensions), dtype=np.float32)
    for organisation, own in places.items():
        with charging(Purpose.EMBEDDING, organisation=organisation):
            found[own] = embedder.embed([rows[place].memory.text for place in own])
    return found


@transaction.atomic
def _claim(model: str, batch: int) -> list[MemoryIndex]:
    now = clock.now()
    due = MemoryIndex.objects.due(now).filter(model=model)
    locked = due.select_for_update(skip_locked=True, of=("self",)).select_related("memory")
    rows = list(locked.defer("lexemes", "terms", "memory__metadata")[:batch])
    if rows and rows[0].attempts >= _ALONE_AFTER:
        rows = rows[:1]  # one text the model refuses must not hold back the others
    else:
        rows = [row for row in rows if row.attempts < _ALONE_AFTER]
    MemoryIndex.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + _LEASE, attempts=F("attempts") + 1
    )
    return rows


def _store(rows: Sequence[MemoryIndex], vectors: Vectors) -> None:
    written = [vector_text(vector) for vector in vectors]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [*_named(rows), written])


def _push_ahead(rows: Sequence[MemoryIndex]) -> None:
    now = clock.now()
    waits = [timedelta(seconds=10 * 2 ** min(row.attempts, 12)) for row in rows]
    moments = [now + min(_LONGEST_WAIT, wait) for wait in waits]
    with connection.cursor() as cursor:
        cursor.execute(_PUSH_AHEAD, [*_named(rows), moments])


def _named(rows: Sequence[MemoryIndex]) -> tuple[list[int], list[str]]:
    return [row.pk for row in rows], [row.content_hash for row in rows]
