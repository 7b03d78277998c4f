"""The bytes that are hashed and signed. Whoever verifies a log must be able to make them alone.

An event is the JSON object of all its columns and "v", the version of this form: keys sorted, no
spaces, everything but ASCII escaped. Values are as PostgreSQL writes them: UUIDs in lower case with
hyphens, `created_at` in UTC with microseconds, and `detail` as a *string*, the text of the `jsonb`,
since a number would not survive every JSON library.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 1
COLUMNS = {
    1: (
        "id", "public_id", "created_at", "organisation", "actor", "owner", "token", "request_id",
        "action", "space", "object_type", "object_ids", "reason", "detail",
    )
}  # fmt: skip
SEAL_FORMAT = "memoryhub.seal.v1"
FIRST = bytes(32)  # what the first seal names as the one before it

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Head:
    """A seal: the tree head of the first `size` events, chained to the seal before.

    Attributes:
        number: from 1, without gaps.
        root: of the Merkle tree.
        previous: hash of the seal before; 32 zero bytes for the first.
        sealed_at: in UTC with microseconds, as "2026-01-31T12:00:00.000000Z".
        key: id of the key that signed it.
        hash: SHA-256 of `message`.
        signature: Ed25519 of `message`, 64 bytes.
    """

    number: int
    size: int
    root: bytes
    previous: bytes
    sealed_at: str
    key: str
    hash: bytes = b""
    signature: bytes = b""

    def message(self) -> bytes:
        """What is hashed and signed."""
        return _encode(
            {
                "format": SEAL_FORMAT,
                "number": self.number,
                "size": self.size,
                "root": self.root.hex(),
                "previous": self.previous.hex(),
                "sealed_at": self.sealed_at,
                "key": self.key,
            }
        ).encode()


def event_bytes(event: Mapping[str, Any], version: int = VERSION) -> bytes:
    """Canonical bytes of an event given by column, as `COLUMNS[version]` lists them.

    Raises:
        KeyError: a column is missing or the version is unknown.
    """
    return _encode({"v": version, **{name: event[name] for name in COLUMNS[version]}}).encode()
