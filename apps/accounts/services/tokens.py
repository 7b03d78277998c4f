"""Issuing, verifying and revoking tokens."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import AgentToken, Scope, User
from apps.accounts.services.users import hold_active
from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid

PREFIX = "mh_"
_KEY_BYTES, _SECRET_BYTES = 9, 32
_USE_RECORDED_EVERY = timedelta(minutes=1)
_NO_DIGEST = "0" * 64


@transaction.atomic
def issue(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    spaces: Sequence[UUID] | None = None,
    expires_at: datetime | None = None,
    issued_by: AgentToken | None = None,
    by: events.By = events.SYSTEM,
) -> tuple[AgentToken, str]:
    """A new token and its plain form, which is shown this once and never stored.

    With `issued_by`, the new token ends when that one is revoked.

    Raises:
        Forbidden: `issued_by` has been revoked meanwhile.
        Conflict: the user, or the agent's owner, is switched off.
        Invalid: no scope, an unknown one, one an agent may not have, or an expiry in the past.
    """
    wanted = sorted(set(scopes))
    allowed = {Scope.READ, Scope.WRITE} if user.is_agent else set(Scope)
    if not wanted or not set(wanted) <= allowed:
        raise Invalid(f"scopes must be some of: {', '.join(sorted(allowed))}.", attr="scopes")
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("expires_at must be in the future.", attr="expires_at")
    hold_active(user)
    if issued_by is not None:
        _hold(issued_by)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    pepper_id, pepper = _peppers()[0]
    token = AgentToken.objects.create(
        user=user,
        issued_by=issued_by,
        name=name,
        key=secrets.token_hex(_KEY_BYTES),
        digest=_digest(secret, pepper),
        pepper=pepper_id,
        scopes=wanted,
        spaces=None if spaces is None else list(spaces),
        expires_at=expires_at,
    )
    events.record(
        action="token.issue",
        by=by,
        object_type="token",
        object_ids=[token.public_id],
        detail={"scopes": wanted},
    )
    return token, f"{PREFIX}{token.key}.{secret}"


def verify(presented: str) -> AgentToken | None:
    """The usable token behind `mh_<key>.<secret>`, or None.

    An unknown key costs the same digest as a wrong secret and answers the same.
    """
    key, _, secret = presented.removeprefix(PREFIX).partition(".")
    now = clock.now()
    usable = AgentToken.objects.usable(now).select_related("user__owner")
    token = usable.filter(key=key[:24]).first() if key.isprintable() else None  # no NUL in SQL
    peppers = dict(_peppers())
    pepper = peppers.get(token.pepper, "") if token else _peppers()[0][1]
    matches = hmac.compare_digest(_digest(secret, pepper), token.digest if token else _NO_DIGEST)
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
        AgentToken.objects.select_related("user__owner").filter(key=key[:24]).first()
    )
    return found


@transaction.atomic
def revoke(*, token: AgentToken, by: events.By) -> AgentToken:
    """Stop a token and all that it issued at once; revoking twice keeps the first time."""
    family = _family(token)
    ending = [member for member in family if member.revoked_at is None]
    if ending:
        now = clock.now()
        for member in ending:
            member.revoked_at = now
        AgentToken.objects.bulk_update(ending, ["revoked_at"])
        named = [member.public_id for member in ending]
        events.record(action="token.revoke", by=by, object_type="token", object_ids=named)
    return family[0]


def _family(token: AgentToken) -> list[AgentToken]:
    """The token and all it led to, locked; a lock waits for what is being issued just now."""
    family: list[AgentToken] = []
    level = [token.pk]
    while level:
        rows = AgentToken.objects.select_for_update().filter(pk__in=level).order_by("pk")
        family.extend(rows)
        level = list(AgentToken.objects.filter(issued_by__in=level).values_list("pk", flat=True))
    return family


def _hold(issuer: AgentToken) -> None:
    """Keep the issuer from being revoked until its new token can be seen."""
    rows = AgentToken.objects.select_for_update(no_key=True)
    if rows.filter(pk=issuer.pk, revoked_at__isnull=True).first() is None:
        raise Forbidden("The token that asks has been revoked.")


def _record_use(token: AgentToken, now: datetime) -> None:
    """Write `last_used_at`, at most once a minute per token."""
    if token.last_used_at is None or now - token.last_used_at >= _USE_RECORDED_EVERY:
        AgentToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _peppers() -> list[tuple[str, str]]:
    """(id, secret) pairs; the first signs."""
    pairs = [entry.partition(":") for entry in settings.TOKEN_PEPPERS]
    return [(pepper_id, secret) for pepper_id, _, secret in pairs]


def _digest(secret: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()
