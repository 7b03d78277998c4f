"""Places in a list as clients carry them: sealed, since row ids tell how much others write."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

_LONGEST = 4096  # characters of a sealed one


def seal(text: str, *, purpose: str) -> str:
    """`text`, which must not be empty, as only this hub reads it; the same text always the same.

    Args:
        text: a place, of any content.
        purpose: of the list; another one does not open it.
    """
    sealed = _cipher(settings.SECRET_KEY).encrypt(text.encode(), [purpose.encode()])
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(sealed: str, *, purpose: str) -> str:
    """The text of `seal`.

    Raises:
        ValueError: it is none of this hub's for this purpose.
    """
    if len(sealed) > _LONGEST:
        raise ValueError("no cursor")
    try:
        raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return _cipher(settings.SECRET_KEY).decrypt(raw, [purpose.encode()]).decode()
    except (ValueError, InvalidTag) as error:
        raise ValueError("no cursor") from error


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESSIV:
    """Deterministic authenticated encryption, RFC 5297; its key is for cursors alone."""
    return AESSIV(hashlib.sha512(b"memoryhub.cursors:" + secret.encode()).digest())
