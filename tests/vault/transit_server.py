"""HashiCorp Vault's transit engine as far as its HTTP API goes: encrypt and decrypt, with versions.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

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
            nonce, plain = secrets.token_bytes(12), base64.b64decode(body["plaintext"])
            sealed = base64.b64encode(nonce + AESGCM(versions[-1]).encrypt(nonce, plain, None))
            version = len(versions)
            return {"ciphertext": f"vault:v{version}:{sealed.decode()}", "key_version": version}
        return self._decrypted(versions, body) if verb == "decrypt" else None

    def _decrypted(self, versions: list[bytes], body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            _, version, encoded = str(body["ciphertext"]).split(":")
            raw = base64.b64decode(encoded)
            plain = AESGCM(versions[int(version[1:]) - 1]).decrypt(raw[:12], raw[12:], None)
        except (ValueError, IndexError, InvalidTag):
            return None
        return {"plaintext": base64.b64encode(plain).decode()}


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    """The address of a server of that engine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            engine.paths.append(self.path)
            *_, verb, name = self.path.split("/")
            if self.headers.get("X-Vault-Token") != TOKEN:
                return self._say(403, {"errors": ["permission denied"]})
            data = engine.answer(verb, name, body)
            if data is None:
                return self._say(400, {"errors": ["invalid ciphertext"]})
            return self._say(200, {"request_id": secrets.token_hex(16), "data": data})

        def _say(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
