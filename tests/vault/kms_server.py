"""AWS KMS as far as `Encrypt` and `Decrypt` go: the JSON 1.1 protocol over HTTP.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.vault import stand_in
from tests.vault.stand_in import Asked, Told


@dataclass
class Kms:
    """Keys by id."""

    keys: dict[str, bytes] = field(default_factory=dict)

    def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body; the encryption context is authenticated, as the service does."""
        key = self.keys.get(body["KeyId"])
        if key is None:
            return 400, {"__type": "NotFoundException", "message": "no such key"}
        context = json.dumps(body["EncryptionContext"], sort_keys=True).encode()
        if operation == "Encrypt":
            blob = stand_in.sealed(key, base64.b64decode(body["Plaintext"]), context)
            return 200, {"KeyId": body["KeyId"], "CiphertextBlob": base64.b64encode(blob).decode()}
        plain = stand_in.opened(key, base64.b64decode(body["CiphertextBlob"]), context)
        if plain is None:
            return 400, {"__type": "InvalidCiphertextException", "message": "invalid"}
        return 200, {"KeyId": body["KeyId"], "Plaintext": base64.b64encode(plain).decode()}


@contextmanager
def serving(kms: Kms) -> Iterator[str]:
    """The address of a server of it."""

    def answer(asked: Asked) -> Told:
        operation = asked.headers["X-Amz-Target"].partition(".")[2]
        return Told(*kms.answer(operation, asked.body), {})

    with stand_in.serving(answer, content_type="application/x-amz-json-1.1") as address:
        yield address
