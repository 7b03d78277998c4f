"""Credentials of directories: made, checked, revoked."""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.services.credentials import digest, peppers
from apps.audit.services import events
from apps.identity.models import ScimToken
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.spaces.models import Organisation

PREFIX = "mhs_"
_KEY_BYTES, _SECRET_BYTES = 9, 32
_USE_RECORDED_EVERY = timedelta(minutes=1)
_NO_DIGEST = "0" * 64


@transaction.atomic
def issue(
    *,
    organisation: Organisation,
    name: str,
    by: events.By,
    expires_at: datetime | None = None,
) -> tuple[ScimToken, str]:
    """A new token and its plain form, which is shown this once and never stored.

    Raises:
        Invalid: an expiry in the past, or a name that is empty or over 120 characters.
    """
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("expires_at must be in the future.", attr="expires_at")
    if not 0 < len(name) <= 120:
        raise Invalid("name must have 1 to 120 characters.", attr="name")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    pepper_id, pepper = peppers()[0]
    token = ScimToken.objects.create(
        organisation=organisation,
        name=name,
        key=secrets.token_hex(_KEY_BYTES),
        digest=digest(secret, pepper),
        pepper=pepper_id,
        expires_at=expires_at,
    )
    _record("scim_token.issue", token, by)
    return token, f"{PREFIX}{token.key}.{secret}"


def verify(presented: str) -> ScimToken | None:
    """The usable token behind `mhs_<key>.<secret>`, or None; as slow for an unknown key."""
    key, _, secret = presented.removeprefix(PREFIX).partition(".")
    now = clock.now()
    usable = ScimToken.objects.usable(now).select_related("organisation")
    token = usable.filter(key=key[:24]).first() if key.isprintable() else None
    pepper = dict(peppers()).get(token.pepper, "") if token else peppers()[0][1]
    matches = hmac.compare_digest(digest(secret, pepper), token.digest if token else _NO_DIGEST)
    if token is None or not matches or not pepper or not presented.startswith(PREFIX):
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USE_RECORDED_EVERY:
        ScimToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def refused(presented: str) -> None:
    """Record that something that is no usable token was presented; names the token it may be."""
    key = presented.removeprefix(PREFIX).partition(".")[0][:24]
    rows = ScimToken.objects.select_related("organisation")
    token = rows.filter(key=key).first() if key and key.isprintable() else None
    events.record(
        action="scim_token.refuse",
        by=events.By(organisation=token.organisation.public_id if token else None),
        object_type="scim_token",
        object_ids=[token.public_id] if token else [],
    )


@transaction.atomic
def revoke(*, token: ScimToken, by: events.By) -> ScimToken:
    """Stop a token at once; revoking twice keeps the first time."""
    token = ScimToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        _record("scim_token.revoke", token, by)
    return token


def _record(action: str, token: ScimToken, by: events.By) -> None:
    events.record(action=action, by=by, object_type="scim_token", object_ids=[token.public_id])
