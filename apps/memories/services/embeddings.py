"""Making pending embeddings: claimed in batches, so that several workers share the work."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from pgvector import HalfVector

from apps.kernel import clock
from apps.memories.models import MemoryIndex
from apps.providers.embedders import get_embedder
from apps.providers.errors import EmbedderUnavailable

logger = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=2)  # a batch to a slow remote model takes up to one
_LONGEST_WAIT = timedelta(hours=1)
_ALONE_AFTER = 3  # failed attempts after which a text is tried by itself


def embed_pending(*, batch: int = 96) -> int:
    """Embed up to `batch` pending memories; returns how many were done.

    A claim is a lease: the rows become due again when their worker dies. A failing batch is pushed
    ahead with growing waits; a model that is down loses nothing.
    """
    claimed = _claim(batch)
    if not claimed:
        return 0
    texts = [row.memory.text for row in claimed]
    try:
        vectors = get_embedder().embed(texts)  # outside any transaction: it may be a network call
    except EmbedderUnavailable as error:
        _push_ahead(claimed)
        logger.warning("embeddings_pending", count=len(claimed), error=str(error))
        return 0
    with transaction.atomic():
        for row, vector in zip(claimed, vectors, strict=True):
            _store(row, HalfVector(vector))
        if claimed[0].attempts >= _ALONE_AFTER:  # the model is back: batches again
            MemoryIndex.objects.due(clock.now()).update(attempts=0)
    return len(claimed)


def pending_count() -> int:
    """How many embeddings are still to be made with the active model."""
    return int(MemoryIndex.objects.pending().filter(model=get_embedder().model).count())


@transaction.atomic
def _claim(batch: int) -> list[MemoryIndex]:
    now = clock.now()
    due = MemoryIndex.objects.due(now).filter(model=get_embedder().model)
    rows = list(
        due.select_for_update(skip_locked=True, of=("self",)).select_related("memory")[:batch]
    )
    if rows and rows[0].attempts >= _ALONE_AFTER:
        rows = rows[:1]  # one text the model refuses must not hold back the others
    else:
        rows = [row for row in rows if row.attempts < _ALONE_AFTER]
    MemoryIndex.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + _LEASE, attempts=F("attempts") + 1
    )
    return rows


def _store(row: MemoryIndex, vector: HalfVector) -> None:
    """Only if the text is still the one that was embedded."""
    unchanged = MemoryIndex.objects.filter(pk=row.pk, content_hash=row.content_hash)
    unchanged.update(embedding=vector)


def _push_ahead(rows: list[MemoryIndex]) -> None:
    now = clock.now()
    for row in rows:
        wait = min(_LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(row.attempts, 12)))
        unchanged = MemoryIndex.objects.filter(pk=row.pk, content_hash=row.content_hash)
        unchanged.update(next_attempt_at=now + wait)
