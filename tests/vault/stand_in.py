"""A key service's side of the wire: JSON over HTTP, and keys that seal by AES-256-GCM."""

import json
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.local_server import LocalServer, QuietHandler

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Asked:
    """One request; `body` is its JSON object, empty without one."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Told:
    """The answer to it."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


Answer = Callable[[Asked], Told]


def sealed(key: bytes, plain: bytes, context: bytes | None = None) -> bytes:
    """`nonce | ciphertext | tag`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def opened(key: bytes, blob: bytes, context: bytes | None = None) -> bytes | None:
    """What was sealed; None by another key, for another context, or when it was changed."""
    try:
        return AESGCM(key).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        return None


@contextmanager
def serving(
    answer: Answer, *, content_type: str = "application/json", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The address of a server that answers so."""

    class Handler(QuietHandler):
        def _answer(self) -> None:
            body = json.loads(self.given() or b"{}")
            told = answer(Asked(self.command, self.path, dict(self.headers), body))
            headers = {"Content-Type": content_type, **told.headers}
            self.answer(json.dumps(told.body).encode(), status=told.status, headers=headers)

        do_GET = do_POST = _answer  # noqa: N815  as the library calls them

    server = LocalServer(Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with server:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
