"""What a key keeper does: it wraps and unwraps data keys, and its own key never leaves it."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol

from apps.vault.errors import Unopened

Context = Mapping[str, str]

_DIGEST_BYTES = 32


class Keeper(Protocol):
    """A key management service, or a key file of one's own."""

    @property
    def name(self) -> str:
        """As `CREDENTIALS_KEEPER` names it."""
        ...

    @property
    def key(self) -> str:
        """Name of the key that wraps now; it is kept beside what it wrapped."""
        ...

    def wrap(self, plaintext: bytes, context: Context) -> bytes:
        """Encrypt a data key for this context only.

        Raises:
            KeeperUnavailable: the service does not answer or refuses.
        """
        ...

    def unwrap(self, wrapped: bytes, context: Context, *, key: str) -> bytes:
        """The data key that `key` wrapped for this context.

        Raises:
            Unopened: another key, another context, or it was changed.
            KeeperUnavailable: the service does not answer or refuses.
        """
        ...


def bound(plaintext: bytes, context: Context) -> bytes:
    """The data key behind a digest of its context, for services that know no associated data."""
    return _digest(context) + plaintext


def unbound(opened: bytes, context: Context) -> bytes:
    """The data key behind the digest.

    Raises:
        Unopened: it was wrapped for another context.
    """
    digest, plaintext = opened[:_DIGEST_BYTES], opened[_DIGEST_BYTES:]
    if not hmac.compare_digest(digest, _digest(context)):
        raise Unopened("A data key was moved here from another organisation; nothing was changed.")
    return plaintext


def associated(context: Context) -> bytes:
    """The context as bytes; equal for equal contexts only."""
    return b"".join(
        len(raw).to_bytes(4, "big") + raw
        for name in sorted(context)
        for raw in (name.encode(), context[name].encode())
    )


def _digest(context: Context) -> bytes:
    return hashlib.sha256(associated(context)).digest()
