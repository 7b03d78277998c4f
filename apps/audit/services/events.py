"""Recording what happened. Call inside the transaction that does it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from apps.audit.models import AuditEvent
from apps.kernel import metrics

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
    """Append one event; `action` is `noun.verb`. `detail` holds numbers and codes, no content."""
    named = list(object_ids)
    metrics.count(_OBJECTS, action, by=len(named))
    return AuditEvent.objects.create(
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
    )
