"""Keys of one's own, from the environment or a file: AES-256-GCM.

    CREDENTIALS_KEYS=2027:<base64url of 32 bytes>,2026:<base64url of 32 bytes>

The first wraps; the others still unwrap what they wrapped, until `vault rewrap` has run.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from apps.kernel.errors import Invalid
from apps.vault.errors import Unkept, Unopened
from apps.vault.keepers.protocol import Context, associated

KEY_BYTES = 32
_NONCE_BYTES = 12
_FEWEST_BYTES = 16  # different ones in 32 random bytes: fewer happen once in 10**12 keys


@dataclass(frozen=True, slots=True)
class LocalKeeper:
    """Keys by id, the one that wraps first. Their bytes are not shown."""

    keys: dict[str, bytes] = field(repr=False)
    name: str = "local"

    @property
    def key(self) -> str:
        """Id of the first key."""
        return next(iter(self.keys))

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """`nonce | ciphertext | tag` by the first key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.key]).encrypt(nonce, plaintext, associated(context))

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """By the key that wrapped it."""
        if key not in self.keys:
            raise Unopened(
                f"The key {key!r} is not in CREDENTIALS_KEYS (there are: {', '.join(self.keys)})."
                " Add it again; nothing was changed."
            )
        nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self.keys[key]).decrypt(nonce, ciphertext, associated(context))
        except (InvalidTag, ValueError):
            raise Unopened(
                f"The key {key!r} in CREDENTIALS_KEYS is not the one of that name that wrapped this"
                " data key, or the row was changed. Put the right key back; nothing was changed."
            ) from None


def configured() -> LocalKeeper:
    """The keeper of the settings.

    Raises:
        Unkept: there is no key.
        Invalid: a key cannot be read, is named twice, or is no random one.
    """
    keys: dict[str, bytes] = {}
    for entry in settings.CREDENTIALS_KEYS:
        id, _, text = entry.strip().partition(":")
        if not id or id in keys:
            raise Invalid("CREDENTIALS_KEYS must be `id:key` pairs with different ids.")
        keys[id] = decoded(text, id)
    if not keys:
        raise Unkept
    return LocalKeeper(keys)


def decoded(text: str, id: str) -> bytes:
    """32 bytes from URL-safe Base64.

    Raises:
        Invalid: they are not 32, or are no random ones.
    """
    plain = text.strip().rstrip("=")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Invalid(f"The key {id!r} in CREDENTIALS_KEYS must be 32 bytes in URL-safe Base64.")
    if len(set(key)) < _FEWEST_BYTES:
        raise Invalid(
            f"The key {id!r} in CREDENTIALS_KEYS is not random; `manage.py vault key` makes one."
        )
    return key


def new(id: str) -> str:
    """A fresh `id:key` pair for CREDENTIALS_KEYS."""
    encoded = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).rstrip(b"=").decode()
    return f"{id}:{encoded}"
