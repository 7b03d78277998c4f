"""Keeping that a recall happened."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import connection

from apps.audit.services import events
from apps.canon.services.search import Cited
from apps.recall import sql

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def record(
    *,
    actor: "Actor",
    organisation_id: int | None,
    query: str,
    memories: Sequence[UUID],
    known_at: datetime | None,
    now: datetime,
    canon: Sequence[Cited] = (),
) -> UUID:
    """One row: who asked, a SHA-256 of the question, which memories were shown as of when.

    And one event, which also names the sections of canon: document, revision and which. Call it in
    the transaction of the reading: no record, no answer.

    Returns:
        The public id of the recall.
    """
    recall_id = uuid4()
    values = {
        "public_id": recall_id,
        "organisation_id": organisation_id,
        "user_id": actor.user.pk,
        "person_id": actor.principal.pk,
        "query_hash": hashlib.sha256(query.encode()).hexdigest(),
        "memories": f"{{{','.join(map(str, memories))}}}",
        "known_at": known_at,
        "created_at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.USED, values)
    events.record(
        action="memory.recall",
        by=actor.by,
        object_type="memory",
        object_ids=memories,
        detail={"recall": str(recall_id), **({"canon": _named(canon)} if canon else {})},
    )
    return recall_id


def _named(canon: Sequence[Cited]) -> list[dict[str, str | int]]:
    """Ids and numbers: anchors are somebody's words."""
    return [
        {"document": str(each.document), "sha256": each.sha256, "section": each.part}
        for each in canon
    ]
