"""The form of an encrypted value: AES-256-GCM, bound to where it is kept.

    mh1.<data key>.<base64url(nonce 12 | ciphertext | tag 16)>

`<data key>` is the public id of the key that encrypted it, 32 hexadecimal digits. The associated
data holds the version, that id, and the place: a value that was moved to another organisation,
table, row or purpose does not open.
"""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "mh1"
KEY_BYTES = 32
NONCE_BYTES = 12
_TAG_BYTES = 16


class NotOpened(ValueError):
    """The key, the place or the ciphertext is another one than it was encrypted with."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is kept and what for; part of what is authenticated.

    Attributes:
        table: as the database names it.
        row: what names the row for good: a public id.
        purpose: what the value is for: one row may keep several.
        organisation: public id of the tenant; None for what belongs to the hub.
    """

    table: str
    row: str
    purpose: str
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A parsed value: which data key, and `nonce | ciphertext | tag`."""

    data_key: UUID
    payload: bytes


def encrypt(plaintext: bytes, *, key: bytes, data_key: UUID, nonce: bytes, place: Place) -> str:
    """The value as it is kept.

    Args:
        key: 32 bytes.
        nonce: 12 bytes that were never used with this key.

    Source:
        NIST SP 800-38D; random nonces stay safe up to 2**32 values of one key.
    """
    ciphertext = AESGCM(key).encrypt(nonce, plaintext, _associated(data_key, place))
    encoded = base64.urlsafe_b64encode(nonce + ciphertext).rstrip(b"=").decode()
    return f"{VERSION}.{data_key.hex}.{encoded}"


def parse(value: str) -> Sealed:
    """Take a value apart.

    Raises:
        NotOpened: it is no value of a version that is known here.
    """
    version, _, rest = value.partition(".")
    name, _, encoded = rest.partition(".")
    if version != VERSION:
        raise NotOpened("it is not encrypted in a form that this version knows")
    try:
        data_key = UUID(hex=name)
        payload = base64.b64decode(
            encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error):
        raise NotOpened("it is damaged") from None
    if len(payload) < NONCE_BYTES + _TAG_BYTES or _spelled(data_key, payload) != value:
        raise NotOpened("it is damaged")
    return Sealed(data_key, payload)


def decrypt(sealed: Sealed, *, key: bytes, place: Place) -> bytes:
    """What was encrypted.

    Raises:
        NotOpened: another key or place, or the value was changed.
    """
    nonce, ciphertext = sealed.payload[:NONCE_BYTES], sealed.payload[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _associated(sealed.data_key, place))
    except InvalidTag:
        raise NotOpened("it was changed, moved here from elsewhere, or has another key") from None


def _spelled(data_key: UUID, payload: bytes) -> str:
    """The one spelling of a value; Base64 alone would have several."""
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    return f"{VERSION}.{data_key.hex}.{encoded}"


def _associated(data_key: UUID, place: Place) -> bytes:
    """Each part with its length before it, so that no two places spell the same."""
    organisation = place.organisation.hex if place.organisation else ""
    parts = (VERSION, data_key.hex, organisation, place.table, place.row, place.purpose)
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (p.encode() for p in parts))
