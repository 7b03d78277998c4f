"""Recording what happened. Call inside the transaction that does it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from psycopg.types.json import Jsonb

from apps.audit import sql
from apps.audit.models import AuditEvent
from apps.kernel import clock, isolation, metrics

_OBJECTS = metrics.counter(
    "objects", "Objects by what was done to them, as in the audit log.", ["action"]
)


@dataclass(frozen=True, slots=True)
class By:
    """Who did it, as public ids; all None for the hub's own jobs."""

    actor: UUID | None = None
    owner: UUID | None = None
    token: UUID | None = None
    organisation: UUID | None = None


SYSTEM = By()
_COLUMNS = sql.APPENDED


def record(
    *,
    action: str,
    by: By,
    space: UUID | None = None,
    object_type: str = "",
    object_ids: Iterable[UUID] = (),
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Append one event; `action` is `noun.verb`. `detail` holds numbers and codes, no content.

    In a request it is returned without the row id that it got: who may add need not read.
    """
    named = list(object_ids)
    metrics.count(_OBJECTS, action, by=len(named))
    event = AuditEvent(
        action=action,
        actor=by.actor,
        owner=by.owner,
        token=by.token,
        organisation=by.organisation,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        space=space,
        object_type=object_type,
        object_ids=named,
        reason=reason,
        detail=dict(detail or {}),
        created_at=clock.now(),
    )
    _append(event)
    return event


def _append(event: AuditEvent) -> None:
    """Without asking for the id it gets: who may add an event may not always read it."""
    values: list[Any] = [getattr(event, name) for name in _COLUMNS[:-1]]
    values.append(Jsonb(event.detail))
    with connection.cursor() as cursor:
        if isolation.current() is None:  # outside of requests everything is seen
            cursor.execute(f"{sql.APPEND} RETURNING id", values)
            event.pk = cursor.fetchone()[0]
        else:
            cursor.execute(sql.APPEND, values)
