"""Issuing, rotating, limiting and revoking tokens. What a request presents is read in
`credentials`."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import AgentToken, Scope, User
from apps.accounts.services.credentials import PREFIX, digest, named_by, peppers, verify
from apps.accounts.services.users import hold_active
from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid

__all__ = ["issue", "lifetime_again", "limit", "named_by", "revoke", "rotate", "verify"]

LONGEST_OVERLAP = timedelta(days=7)
_KEY_BYTES, _SECRET_BYTES = 9, 32


@transaction.atomic
def issue(  # noqa: PLR0913  a token is all of these
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    spaces: Sequence[UUID] | None = None,
    expires_at: datetime | None = None,
    rate_limit: int | None = None,
    issued_by: AgentToken | None = None,
    by: events.By = events.SYSTEM,
) -> tuple[AgentToken, str]:
    """A new token and its plain form, which is shown this once and never stored.

    Args:
        rate_limit: requests a minute; None for as many as the hub lets anybody.
        issued_by: the token that asks; the new one ends when that one is revoked.

    Raises:
        Forbidden: `issued_by` has been revoked meanwhile.
        Conflict: the user, or the agent's owner, is switched off.
        Invalid: no scope, an unknown one, one an agent may not have, an expiry in the past, or a
            limit out of range.
    """
    wanted = sorted(set(scopes))
    allowed = {Scope.READ, Scope.WRITE} if user.is_agent else set(Scope)
    if not wanted or not set(wanted) <= allowed:
        raise Invalid(f"scopes must be some of: {', '.join(sorted(allowed))}.", attr="scopes")
    _check_rate(rate_limit)
    hold_active(user)
    if issued_by is not None:
        _hold(issued_by)
    token, plain = _make(
        user=user,
        name=name,
        scopes=wanted,
        spaces=None if spaces is None else list(spaces),
        expires_at=expires_at,
        rate_limit=rate_limit,
        issued_by=issued_by,
    )
    events.record(
        action="token.issue",
        by=by,
        object_type="token",
        object_ids=[token.public_id],
        detail={"scopes": wanted},
    )
    return token, plain


@transaction.atomic
def rotate(
    *,
    token: AgentToken,
    by: events.By,
    overlap: timedelta = timedelta(hours=1),
    expires_at: datetime | None = None,
    issued_by: AgentToken | None = None,
) -> tuple[AgentToken, str]:
    """A new token that may do what `token` may, and its plain form; the old one works on for
    `overlap`, but not beyond its own end. One event names both.

    Args:
        overlap: from zero, which revokes the old one at once, to a week.
        expires_at: of the new one; None gives it as long as the old one was given, from now on.
        issued_by: the token that asks; the new one ends with it.

    Raises:
        Conflict: the token is revoked, has expired or was rotated before, or its user is off.
        Forbidden: `issued_by` has been revoked meanwhile.
        Invalid: an overlap or an expiry out of range.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("overlap_minutes must lie between 0 and 10,080.", attr="overlap_minutes")
    hold_active(token.user)
    if issued_by is not None and issued_by.pk != token.pk:
        _hold(issued_by)
    now = clock.now()
    old = AgentToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    _check_rotatable(old, now)
    new, plain = _make(
        user=old.user,
        name=old.name,
        scopes=old.scopes,
        spaces=old.spaces,
        rate_limit=old.rate_limit,
        expires_at=expires_at or lifetime_again(old, now),
        issued_by=issued_by or old.issued_by,
        replaces=old,
    )
    ends = now + overlap
    old.expires_at = min(old.expires_at or ends, ends)
    old.revoked_at = None if overlap else now
    old.save(update_fields=["expires_at", "revoked_at"])
    events.record(
        action="token.rotate",
        by=by,
        object_type="token",
        object_ids=[old.public_id, new.public_id],
        detail={"overlap_minutes": overlap // timedelta(minutes=1)},
    )
    return new, plain


def lifetime_again(token: AgentToken, now: datetime) -> datetime | None:
    """When a successor of `token` ends: after as long a life as it was given."""
    return token.expires_at and now + (token.expires_at - token.created_at)


@transaction.atomic
def limit(*, token: AgentToken, rate_limit: int | None, by: events.By) -> AgentToken:
    """Let a token make so many requests a minute, or with None as many as the hub lets anybody.

    Raises:
        Invalid: less than 1 or more than RATE_LIMIT_PER_MINUTE.
    """
    _check_rate(rate_limit)
    token = AgentToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    token.rate_limit = rate_limit
    token.save(update_fields=["rate_limit"])
    events.record(
        action="token.limit",
        by=by,
        object_type="token",
        object_ids=[token.public_id],
        detail={"rate_limit": rate_limit},
    )
    return token


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


def _make(*, expires_at: datetime | None, **fields: Any) -> tuple[AgentToken, str]:
    """The row and the plain form."""
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("expires_at must be in the future.", attr="expires_at")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    pepper_id, pepper = peppers()[0]
    token = AgentToken.objects.create(
        key=secrets.token_hex(_KEY_BYTES),
        digest=digest(secret, pepper),
        pepper=pepper_id,
        expires_at=expires_at,
        **fields,
    )
    return token, f"{PREFIX}{token.key}.{secret}"


def _check_rate(rate_limit: int | None) -> None:
    most = settings.RATE_LIMIT_PER_MINUTE
    if rate_limit is not None and not 1 <= rate_limit <= most:
        raise Invalid(f"rate_limit must lie between 1 and {most:,}.", attr="rate_limit")


def _check_rotatable(token: AgentToken, now: datetime) -> None:
    if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
        raise Conflict("The token has ended; make a new one.")
    if AgentToken.objects.filter(replaces=token.pk).exists():
        raise Conflict("The token was rotated already; rotate the one that replaces it.")


def _family(token: AgentToken) -> list[AgentToken]:
    """The token and all it led to, locked; a lock waits for what is being issued just now."""
    family: list[AgentToken] = []
    level = [token.pk]
    while level:
        rows = AgentToken.objects.select_for_update(of=("self",)).filter(pk__in=level)
        family.extend(rows.order_by("pk"))
        level = list(AgentToken.objects.filter(issued_by__in=level).values_list("pk", flat=True))
    return family


def _hold(issuer: AgentToken) -> None:
    """Keep the issuer from being revoked until its new token can be seen."""
    rows = AgentToken.objects.select_for_update(no_key=True)
    if rows.filter(pk=issuer.pk, revoked_at__isnull=True).first() is None:
        raise Forbidden("The token that asks has been revoked.")
