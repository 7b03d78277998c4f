"""Sealing: committed events get their places in the log, and a signed tree head covers them.

Ids are no order of commits: a slow transaction's events appear below others that are sealed. So a
place is given here, under a lock, to what is committed and waits; what commits later gets a later
place. A seal therefore never changes what an earlier one said.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import connection, transaction

from apps.audit import sql
from apps.audit.core.canon import COLUMNS, FIRST, VERSION, Head, event_bytes
from apps.audit.core.merkle import Edge, leaf_hash
from apps.audit.models import PendingEvent, Seal
from apps.audit.services import keys
from apps.kernel import locks
from apps.kernel.errors import Conflict

AT_ONCE = 10_000  # events under one seal: bounds the transaction
_LOCK = "audit.seal"

logger = structlog.get_logger(__name__)


class SealBroken(Conflict):
    """The last seal does not agree with itself; run `manage.py audit verify`."""


def seal(*, now: datetime, limit: int = AT_ONCE) -> Head | None:
    """Seal the oldest `limit` events that wait; None when none does.

    Its hash also goes to the log, where a copy outside of the database may keep it: it is what
    `audit verify --expect` asks for.

    Raises:
        Unkeyed: there is no key to sign with.
        SealBroken: the last seal was tampered with; nothing was written.
    """
    signer = keys.signer()
    with transaction.atomic():
        _lock()
        events = _waiting(limit)
        if not events:
            return None
        last = Seal.objects.order_by("-number").first()
        edge = _edge(last)
        leaves = [leaf_hash(event_bytes(event)) for event in events]
        grown = edge.extend(leaves)
        head = Head(
            number=last.number + 1 if last else 1,
            size=grown.size,
            root=grown.root(),
            previous=bytes(last.hash) if last else FIRST,
            sealed_at=stamp(now),
            key=signer.id,
        )
        message = head.message()
        head = replace(head, hash=hashlib.sha256(message).digest(), signature=signer.sign(message))
        _keep(head, now, grown, [event["id"] for event in events], leaves)
    logger.info("audit_sealed", seal=head.number, size=head.size, hash=head.hash.hex())
    return head


def waiting() -> int:
    """How many events no seal covers yet."""
    return PendingEvent.objects.count()


def head_of(row: Seal) -> Head:
    """A row as the core sees it."""
    return Head(
        number=row.number,
        size=row.size,
        root=bytes(row.root),
        previous=bytes(row.previous),
        sealed_at=stamp(row.sealed_at),
        key=row.key,
        hash=bytes(row.hash),
        signature=bytes(row.signature),
    )


def stamp(moment: datetime) -> str:
    """In UTC with microseconds, as "2026-01-31T12:00:00.000000Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _lock() -> None:
    """One sealer at a time; what it reads next sees all that the one before wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key(_LOCK)])


def _waiting(limit: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.PENDING, {"limit": limit})
        ids = [event_id for (event_id,) in cursor.fetchall()]
        cursor.execute(sql.EVENTS, {"ids": ids})
        rows = cursor.fetchall()
    return [dict(zip(COLUMNS[VERSION], row, strict=True)) for row in rows]


def _edge(last: Seal | None) -> Edge:
    if last is None:
        return Edge()
    try:
        edge = Edge.unpack(last.size, bytes(last.edge))
    except ValueError as error:
        raise SealBroken from error
    if edge.root() != bytes(last.root):
        raise SealBroken
    return edge


def _keep(head: Head, now: datetime, grown: Edge, ids: list[int], leaves: list[bytes]) -> None:
    start = grown.size - len(leaves)
    placed: dict[str, Any] = {"start": start, "version": VERSION, "ids": ids, "hashes": leaves}
    with connection.cursor() as cursor:
        cursor.execute(sql.KEEP_LEAVES, placed)
        cursor.execute(sql.SEALED, {"ids": ids})
    Seal.objects.create(
        number=head.number,
        size=head.size,
        root=head.root,
        previous=head.previous,
        sealed_at=now,
        key=head.key,
        hash=head.hash,
        signature=head.signature,
        edge=grown.packed(),
    )
