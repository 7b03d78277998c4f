"""`Idempotency-Key` on POST: the same key and body give the first answer again.

The record and the effects of the request commit in one transaction, so a crash leaves both or
neither. A second request with the same key waits for the first one to commit.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel import clock
from apps.kernel.errors import IdempotencyMismatch, Invalid
from apps.kernel.models import IdempotencyRecord

KEPT_FOR = timedelta(days=1)
_KEY_CHARACTERS = 200
_KEPT_HEADERS = ("ETag", "Location")

_CLAIM = """
INSERT INTO kernel_idempotencyrecord
    (user_id, key, route, body_hash, status, answer, headers, created_at)
VALUES (%s, %s, %s, %s, 0, '{}', '{}', %s)
ON CONFLICT (user_id, key) DO NOTHING
RETURNING id
"""


def once(
    request: Request, *args: object, handler: Callable[..., Response], **kw: object
) -> Response:
    """Answer of `handler`, or the stored answer when this key was used before.

    Raises:
        IdempotencyMismatch: the key was used for another route or body.
        Invalid: the key is empty, longer than 200 characters or not printable ASCII.
    """
    key = _key(request)
    route, body_hash = f"{request.method} {request.path}", _body_hash(request)
    user_id = request.user.pk
    assert user_id is not None, "HasScope lets nobody in without a credential"  # noqa: S101
    with transaction.atomic():
        record_id = _claim(user_id, key, route, body_hash)
        if record_id is None:
            return _replay(user_id, key, route, body_hash)
        response = handler(request, *args, **kw)
        IdempotencyRecord.objects.filter(pk=record_id).update(
            status=response.status_code,
            answer=json.loads(request.accepted_renderer.render(response.data) or b"null"),
            headers={name: response[name] for name in _KEPT_HEADERS if name in response},
        )
        return response


def forget_old() -> int:
    """Delete records older than a day; returns how many."""
    deleted, _ = IdempotencyRecord.objects.filter(created_at__lt=clock.now() - KEPT_FOR).delete()
    return deleted


def _key(request: Request) -> str:
    key = request.headers["Idempotency-Key"]
    if not 0 < len(key) <= _KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise Invalid("Idempotency-Key must be 1 to 200 printable ASCII characters.")
    return key


def _body_hash(request: Request) -> str:
    canonical = json.dumps(request.data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _claim(user_id: int, key: str, route: str, body_hash: str) -> int | None:
    """Row id when the key is new; blocks while another transaction holds the same key."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [user_id, key, route[:300], body_hash, clock.now()])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _replay(user_id: int, key: str, route: str, body_hash: str) -> Response:
    record = IdempotencyRecord.objects.get(user_id=user_id, key=key)
    if (record.route, record.body_hash) != (route[:300], body_hash):
        raise IdempotencyMismatch
    headers = {**record.headers, "Idempotency-Replayed": "true"}
    return Response(record.answer, status=record.status, headers=headers)
