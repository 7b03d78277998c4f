"""What an erasure certificate says, and the bytes of it that are signed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

FORMAT = "memoryhub.erasure.v1"
SIGNED = (
    "format", "erasure", "organisation", "subject", "requested_by", "reason", "requested_at",
    "finished_at", "removed", "remained", "event", "key",
)  # fmt: skip

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def message(certificate: Mapping[str, Any]) -> bytes:
    """The bytes under the signature: all fields but it, as JSON with sorted keys and no spaces.

    Raises:
        KeyError: a field is missing.
        ValueError: there is another field, which nobody signed.
    """
    unsigned = set(certificate) - {*SIGNED, "signature"}
    if unsigned:
        raise ValueError(f"unsigned fields: {', '.join(sorted(unsigned))}")
    return _encode({name: certificate[name] for name in SIGNED}).encode()


def subject(public_id: UUID) -> str:
    """How a certificate names the person: SHA-256 of the id that the audit log knows, in hex."""
    return hashlib.sha256(str(public_id).encode()).hexdigest()
