"""Kept statistics: how many memories there are, and how many of them hold a term.

Triggers append changes with each write, so a reader's sums are exact in its snapshot. `fold` keeps
them short, `repair` compares them with the memories themselves.
"""

import structlog
from django.db import connection

from apps.kernel import locks
from apps.memories import sql
from apps.memories.models import Corpus

logger = structlog.get_logger(__name__)

_BATCH = 20_000
_LOCK = "memories.statistics"  # two at once would correct the same difference twice


def fold(*, batch: int = _BATCH) -> int:
    """Fold up to `batch` appended rows into sums; returns how many, 0 also while another folds."""
    with locks.session_lock(_LOCK) as held, connection.cursor() as cursor:
        if not held:
            return 0
        cursor.execute(sql.FOLD, {"batch": batch})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def repair() -> int:
    """Recount everything and correct what differs; returns how many terms did, normally 0.

    Writes go on meanwhile: each corpus is compared within one snapshot.
    """
    repaired = 0
    with locks.session_lock(_LOCK) as held, connection.cursor() as cursor:
        if not held:
            return 0
        cursor.execute(sql.MISSING_CORPORA)
        for corpus in Corpus.objects.order_by("pk").iterator():
            cursor.execute(
                sql.RECOUNT,
                {
                    "corpus_id": corpus.pk,
                    "space_id": corpus.space_id,
                    "model": corpus.model,
                    "status": corpus.status,
                },
            )
            row = cursor.fetchone()
            repaired += int(row[0]) if row else 0
    if repaired:
        logger.warning("statistics_repaired", terms=repaired)
    return repaired
