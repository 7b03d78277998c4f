"""An embedding model's service on this machine: OpenAI's protocol, words hashed into vectors."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class VectorServer:
    """Answers `POST .../embeddings`; texts that share words are near.

    Attributes:
        keys: the bearer keys it was sent, one per request.
    """

    def __init__(self, *, dimensions: int) -> None:
        self.dimensions = dimensions
        self.keys: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        data = [
            {"object": "embedding", "index": place, "embedding": self._vector(text)}
            for place, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
        return {"object": "list", "model": body["model"], "data": data, "usage": usage}

    def _vector(self, text: str) -> list[float]:
        vector = [0.01] * self.dimensions
        for word in text.casefold().split():
            digest = hashlib.shake_256(word.encode()).digest(self.dimensions)
            vector = [sum_ + byte - 127.5 for sum_, byte in zip(vector, digest, strict=True)]
        return vector

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.keys.append(self.headers["Authorization"].removeprefix("Bearer "))
                length = int(self.headers["Content-Length"])
                answer = json.dumps(service.answer(json.loads(self.rfile.read(length)))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        return Handler
