"""From something presented to the token behind it: the one path that every request takes."""

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.models import Q

from apps.accounts.models import AgentToken, User
from apps.kernel import clock, rows

PREFIX = "mh_"
KEY_CHARACTERS = 24
_USE_RECORDED_EVERY = timedelta(minutes=1)
_NO_DIGEST = "0" * 64

# One statement by the unique key: the token, its user and an agent's owner. Written out, because
# building it costs more than running it: figures in bench/README.md.
_USABLE = """
SELECT {token}, {user}, {owner}
  FROM accounts_agenttoken t
  JOIN accounts_user u ON u.id = t.user_id
  LEFT JOIN accounts_user o ON o.id = u.owner_id
 WHERE t.key = %(key)s
   AND t.revoked_at IS NULL
   AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
   AND u.is_active
   AND (o.id IS NULL OR o.is_active)
"""


def verify(presented: str) -> AgentToken | None:
    """The usable token behind `mh_<key>.<secret>`, with `user` and `user.owner` loaded, or None.

    An unknown key costs the same digest and the same statement as a wrong secret, and answers the
    same. Nothing is remembered between requests: a token that was revoked a moment ago is refused.
    """
    key, _, secret = presented.removeprefix(PREFIX).partition(".")
    now = clock.now()
    token = _usable(key[:KEY_CHARACTERS], now) if key.isprintable() else None  # no NUL in SQL
    known = peppers()
    pepper = dict(known).get(token.pepper, "") if token else known[0][1]
    matches = hmac.compare_digest(digest(secret, pepper), token.digest if token else _NO_DIGEST)
    if token is None or not matches or not pepper or not presented.startswith(PREFIX):
        return None
    _record_use(token, now)
    return token


def named_by(presented: str) -> AgentToken | None:
    """The token that something presented names, whether it works or not."""
    key = presented.removeprefix(PREFIX).partition(".")[0]
    if not key or not key.isprintable():
        return None
    found: AgentToken | None = (
        AgentToken.objects.select_related("user__owner").filter(key=key[:KEY_CHARACTERS]).first()
    )
    return found


def digest(secret: str, pepper: str) -> str:
    """What is kept of a secret: HMAC-SHA-256 in hexadecimal digits. The secret has 256 bits of
    chance, so there is nothing for a slow hash to slow down."""
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()


def peppers() -> list[tuple[str, str]]:
    """(id, secret) pairs of TOKEN_PEPPERS; the first signs."""
    pairs = [entry.partition(":") for entry in settings.TOKEN_PEPPERS]
    return [(pepper_id, secret) for pepper_id, _, secret in pairs]


def _usable(key: str, now: datetime) -> AgentToken | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"key": key, "now": now})
        row = cursor.fetchone()
    if row is None:
        return None
    token = rows.instance(AgentToken, row)
    rest = row[rows.width(AgentToken) :]
    token.user = rows.instance(User, rest)
    if token.user.owner_id is not None:
        token.user.owner = rows.instance(User, rest[rows.width(User) :])
    return token


@cache
def _statement() -> str:
    return _USABLE.format(
        token=rows.selected(AgentToken, "t"),
        user=rows.selected(User, "u"),
        owner=rows.selected(User, "o"),
    )


def _record_use(token: AgentToken, now: datetime) -> None:
    """Write `last_used_at`, at most once a minute per token, by one of those that ask at once."""
    due = now - _USE_RECORDED_EVERY
    if token.last_used_at is None or token.last_used_at <= due:
        mine = AgentToken.objects.filter(pk=token.pk)
        mine.filter(Q(last_used_at=None) | Q(last_used_at__lte=due)).update(last_used_at=now)
