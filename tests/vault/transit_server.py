"""HashiCorp Vault's transit engine as far as its HTTP API goes: encrypt and decrypt, with versions.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.vault import stand_in
from tests.vault.stand_in import Asked, Told

TOKEN = "transit-token"  # of the invented server


@dataclass
class Engine:
    """Keys by name, each with its versions; `paths` are the requests that were answered."""

    keys: dict[str, list[bytes]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def rotate(self, name: str) -> None:
        """A new version."""
        self.keys.setdefault(name, []).append(secrets.token_bytes(32))

    def answer(self, verb: str, name: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """`data` of the answer; None for what the server calls an invalid request."""
        versions = self.keys.get(name, [])
        if verb == "encrypt" and versions:
            blob = stand_in.sealed(versions[-1], base64.b64decode(body["plaintext"]))
            version, encoded = len(versions), base64.b64encode(blob).decode()
            return {"ciphertext": f"vault:v{version}:{encoded}", "key_version": version}
        return self._decrypted(versions, body) if verb == "decrypt" else None

    def _decrypted(self, versions: list[bytes], body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            _, version, encoded = str(body["ciphertext"]).split(":")
            plain = stand_in.opened(versions[int(version[1:]) - 1], base64.b64decode(encoded))
        except (ValueError, IndexError):
            return None
        return None if plain is None else {"plaintext": base64.b64encode(plain).decode()}


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    """The address of a server of that engine."""

    def answer(asked: Asked) -> Told:
        engine.paths.append(asked.path)
        *_, verb, name = asked.path.split("/")
        if asked.headers.get("X-Vault-Token") != TOKEN:
            return Told(403, {"errors": ["permission denied"]}, {})
        data = engine.answer(verb, name, asked.body)
        if data is None:
            return Told(400, {"errors": ["invalid ciphertext"]}, {})
        return Told(200, {"request_id": secrets.token_hex(16), "data": data}, {})

    with stand_in.serving(answer) as address:
        yield address
