"""AWS KMS as far as `Encrypt` and `Decrypt` go: the JSON 1.1 protocol over HTTP.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
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
            nonce = secrets.token_bytes(12)
            plain = base64.b64decode(body["Plaintext"])
            blob = nonce + AESGCM(key).encrypt(nonce, plain, context)
            return 200, {"KeyId": body["KeyId"], "CiphertextBlob": base64.b64encode(blob).decode()}
        blob = base64.b64decode(body["CiphertextBlob"])
        try:
            plain = AESGCM(key).decrypt(blob[:12], blob[12:], context)
        except (InvalidTag, ValueError):
            return 400, {"__type": "InvalidCiphertextException", "message": "invalid"}
        return 200, {"KeyId": body["KeyId"], "Plaintext": base64.b64encode(plain).decode()}


@contextmanager
def serving(kms: Kms) -> Iterator[str]:
    """The address of a server of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            status, told = kms.answer(operation, body)
            raw = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
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
