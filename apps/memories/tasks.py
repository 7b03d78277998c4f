"""Background work on memories: ids in, one service called."""

from celery import shared_task

from apps.kernel import clock, idempotency
from apps.kernel.turns import take_turn
from apps.memories.services import backlog, embeddings, memories, statistics

_BATCH = 96  # one request to a remote model, well within the lease
_EMBEDDING = 8  # workers at once, so that no more turns than these ever wait


@shared_task(name="memories.embed_pending")
def embed_pending() -> None:
    """Embed what is due."""
    backlog.heard()
    take_turn(
        "memories.embed_pending",
        lambda: embeddings.embed_pending(batch=_BATCH),
        at_once=_EMBEDDING,
    )


@shared_task(name="memories.archive_expired")
def archive_expired() -> None:
    """Archive what has expired, and forget idempotency records older than a day."""
    take_turn("memories.archive_expired", lambda: memories.archive_expired(now=clock.now()))
    idempotency.forget_old()


@shared_task(name="memories.fold_statistics")
def fold_statistics() -> None:
    """Fold what writes appended to the statistics."""
    while statistics.fold():
        continue


@shared_task(name="memories.repair_statistics")
def repair_statistics() -> None:
    """Recount the statistics and correct what differs."""
    statistics.repair()
