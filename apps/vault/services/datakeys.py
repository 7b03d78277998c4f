"""Data keys: made on first use, unwrapped by the key keeper, kept in memory for five minutes."""

import secrets
import time
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.services import events
from apps.kernel import clock
from apps.vault.core.envelope import KEY_BYTES
from apps.vault.errors import Unopened
from apps.vault.keepers import choice
from apps.vault.keepers.protocol import Context
from apps.vault.models import DataKey

REMEMBERED = 300.0  # seconds; a key that its service withdrew works that long in running processes

_opened: dict[tuple[UUID, bytes], tuple[bytes, float]] = {}


def of_organisation(organisation: UUID | None) -> DataKey:
    """The data key of an organisation (None: of the hub); made when there is none yet.

    Making one asks the keeper: call it before your transaction.

    Raises:
        Unkept, KeeperUnavailable: there is no key to wrap it with.
    """
    found = DataKey.objects.filter(organisation=organisation).first()
    return found or _make(organisation)


def opened(row: DataKey) -> bytes:
    """The 32 bytes of a data key.

    Raises:
        Unopened, KeeperUnavailable: the keeper does not unwrap it.
    """
    name = (row.public_id, bytes(row.wrapped))
    known, until = _opened.get(name, (b"", 0.0))
    if known and time.monotonic() < until:
        return known
    key = unwrap(row)
    _opened[name] = (key, time.monotonic() + REMEMBERED)
    return key


def unwrap(row: DataKey) -> bytes:
    """As `opened`, always asking the keeper."""
    keeper = choice.named(row.keeper, row.keeper_key)
    key = keeper.unwrap(bytes(row.wrapped), context_of(row), key=row.keeper_key)
    if len(key) != KEY_BYTES:
        raise Unopened(f"{row} is not of the right length; nothing was changed.")
    return key


def context_of(row: DataKey) -> Context:
    """What a wrapped key is bound to: which key it is and whose."""
    return {
        "purpose": "memoryhub data key",
        "data_key": row.public_id.hex,
        "organisation": row.organisation.hex if row.organisation else "hub",
    }


def forget() -> None:
    """Ask the keeper again for every key."""
    _opened.clear()


def _make(organisation: UUID | None) -> DataKey:
    keeper, now = choice.current(), clock.now()
    row = DataKey(
        organisation=organisation,
        keeper=keeper.name,
        keeper_key=keeper.key,
        created_at=now,
        wrapped_at=now,
    )
    row.wrapped = keeper.wrap(secrets.token_bytes(KEY_BYTES), context_of(row))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            events.record(
                action="credentials.key",
                by=events.By(organisation=organisation),
                object_type="data_key",
                object_ids=[row.public_id],
            )
    except IntegrityError:  # somebody else made it just now
        return DataKey.objects.get(organisation=organisation)
    return row
