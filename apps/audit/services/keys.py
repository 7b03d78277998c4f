"""Ed25519 keys of the seals. Trust comes from the settings, never from the database.

Whoever could rewrite the log could also add a key beside it.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.conf import settings

from apps.audit.core.canon import Head
from apps.audit.core.verification import Signed
from apps.kernel.errors import Invalid

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signer:
    """An Ed25519 key: the private and the public half, 32 bytes each."""

    secret: bytes
    public: bytes

    @property
    def id(self) -> str:
        """How seals name it."""
        return id_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        private = ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
        signature: bytes = private.sign(message)
        return signature


class Unkeyed(Invalid):
    """No key signs the audit log: set AUDIT_SIGNING_KEY (`manage.py audit key --new` makes one)."""


def signer() -> Signer:
    """The key that signs now.

    Raises:
        Unkeyed: none is set.
        Invalid: the setting is not 32 bytes in URL-safe Base64.
    """
    if not settings.AUDIT_SIGNING_KEY:
        raise Unkeyed
    return signer_of(decoded(settings.AUDIT_SIGNING_KEY, name="AUDIT_SIGNING_KEY"))


def signer_of(secret: bytes) -> Signer:
    """The key whose private half is `secret`, 32 bytes."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    return Signer(secret, private.public_key().public_bytes_raw())


def new() -> Signer:
    """A fresh key."""
    return signer_of(secrets.token_bytes(_KEY_BYTES))


def trusted() -> dict[str, bytes]:
    """Public keys by id: of the key that signs now, and those in AUDIT_PUBLIC_KEYS.

    Raises:
        Invalid: a setting is not 32 bytes in URL-safe Base64.
    """
    known = [decoded(text, name="AUDIT_PUBLIC_KEYS") for text in settings.AUDIT_PUBLIC_KEYS]
    if settings.AUDIT_SIGNING_KEY:
        known.insert(0, signer().public)
    return {id_of(public): public for public in known}


def check(head: Head, known: Mapping[str, bytes]) -> Signed:
    """Whether one of the `known` public keys signed this seal."""
    return _signed(head.message(), head.key, head.signature, known)


def signed(message: bytes, *, key: str, signature: str, known: Mapping[str, bytes]) -> Signed:
    """Whether the `known` public key of that id signed a message.

    Args:
        signature: 64 bytes as `encoded` writes them.
    """
    plain = signature.rstrip("=")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return "forged"
    return _signed(message, key, raw, known)


def _signed(message: bytes, key: str, signature: bytes, known: Mapping[str, bytes]) -> Signed:
    if key not in known:
        return "unknown"
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(known[key]).verify(signature, message)
    except InvalidSignature:
        return "forged"
    return "valid"


def id_of(public: bytes) -> str:
    """How a seal names its key: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def encoded(key: bytes) -> str:
    """URL-safe Base64 without padding."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def decoded(text: str, *, name: str) -> bytes:
    """The 32 bytes behind `encoded`; `name` is what an error calls it.

    Raises:
        Invalid: it is something else.
    """
    plain = text.strip().rstrip("=")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise Invalid(f"{name} must be {_KEY_BYTES} bytes in URL-safe Base64.")
    return key
