"""`Idempotency-Key` on POST: the same key and body give the first answer again.

The record and the effects of the request commit in one transaction, so a crash leaves both or
neither. A second request with the same key waits for the first one to commit.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import cast

from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel import clock
from apps.kernel.errors import IdempotencyMismatch, Invalid
from apps.kernel.models import IdempotencyRecord
from apps.kernel.permissions import Credential

KEPT_FOR = timedelta(days=1)
_KEY_CHARACTERS = 200
_KEPT_HEADERS = ("ETag", "Location")

_CLAIM = """
INSERT INTO kernel_idempotencyrecord
    (user_id, credential, key, route, body_hash, status, answer, headers, created_at)
VALUES
    (%(user_id)s, %(credential)s, %(key)s, %(route)s, %(body_hash)s, 0, '{}', '{}', %(now)s)
ON CONFLICT (user_id, credential, key) DO NOTHING
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class _Given:
    """A request with a key. Keys of one user's credentials do not meet: an answer that one token
    was given is not for another, which may be narrower."""

    user_id: int
    credential: str
    key: str
    route: str
    body_hash: str


def once(
    request: Request, *args: object, handler: Callable[..., Response], **kw: object
) -> Response:
    """Answer of `handler`, or the stored answer when this key was used before.

    Raises:
        IdempotencyMismatch: the key was used for another route or body.
        Invalid: the key is empty, longer than 200 characters or not printable ASCII.
    """
    given = _given(request)
    with transaction.atomic():
        record_id = _claim(given)
        if record_id is None:
            return _replay(given)
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


def _given(request: Request) -> _Given:
    user_id = request.user.pk
    assert user_id is not None, "HasScope lets nobody in without a credential"  # noqa: S101
    return _Given(
        user_id=user_id,
        credential=cast("Credential", request.auth).credential,
        key=_key(request),
        route=f"{request.method} {request.path}"[:300],
        body_hash=_body_hash(request),
    )


def _key(request: Request) -> str:
    key = request.headers["Idempotency-Key"]
    if not 0 < len(key) <= _KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise Invalid("Idempotency-Key must be 1 to 200 printable ASCII characters.")
    return key


def _body_hash(request: Request) -> str:
    canonical = json.dumps(request.data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _claim(given: _Given) -> int | None:
    """Row id when the key is new; blocks while another transaction holds the same key."""
    values = {**asdict(given), "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _replay(given: _Given) -> Response:
    record = IdempotencyRecord.objects.get(
        user_id=given.user_id, credential=given.credential, key=given.key
    )
    if (record.route, record.body_hash) != (given.route, given.body_hash):
        raise IdempotencyMismatch
    headers = {**record.headers, "Idempotency-Replayed": "true"}
    return Response(record.answer, status=record.status, headers=headers)
