"""Keeping credentials: what is stored of them opens only here, in the row it was stored in."""

import secrets

from apps.vault.core import envelope
from apps.vault.core.envelope import NotOpened, Place
from apps.vault.errors import Unopened
from apps.vault.models import DataKey
from apps.vault.services import datakeys


def seal(plaintext: str, *, place: Place) -> str:
    """`plaintext` as it may be stored at `place`, about 1.4 times as long plus 74 characters.

    The first credential of an organisation asks the key keeper: call it before your transaction.

    Raises:
        Unkept: no key is configured.
        KeeperUnavailable: the key management service does not answer.
    """
    row = datakeys.of_organisation(place.organisation)
    return envelope.encrypt(
        plaintext.encode(),
        key=datakeys.opened(row),
        data_key=row.public_id,
        nonce=secrets.token_bytes(envelope.NONCE_BYTES),
        place=place,
    )


def unseal(value: str, *, place: Place) -> str:
    """What was sealed at `place`.

    Raises:
        Unopened: the value was changed or moved, or its key is another one or missing; says which
            and what to do. The stored value stays as it is.
        KeeperUnavailable: the key management service does not answer.
    """
    try:
        return _opened(value, place)
    except NotOpened as error:
        raise Unopened(
            f"The {place.purpose} kept in {place.table} cannot be opened: {error}. Restore the row"
            " from a backup or have it set up anew; nothing was changed."
        ) from error


def _opened(value: str, place: Place) -> str:
    sealed = envelope.parse(value)
    row = DataKey.objects.filter(public_id=sealed.data_key).first()
    if row is None or row.organisation != place.organisation:
        raise NotOpened("its data key is not here or belongs to another organisation")
    return envelope.decrypt(sealed, key=datakeys.opened(row), place=place).decode()
