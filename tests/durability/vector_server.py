"""An embedding model's service on this machine: OpenAI's protocol, words hashed into vectors."""

import hashlib
import json
from typing import Any

from tests.local_server import LocalServer, QuietHandler


class VectorServer(LocalServer):
    """Answers `POST .../embeddings`; texts that share words are near.

    Attributes:
        keys: the bearer keys it was sent, one per request.
    """

    def __init__(self, *, dimensions: int) -> None:
        super().__init__(_Handler)
        self.dimensions = dimensions
        self.keys: list[str] = []

    @property
    def address(self) -> str:
        return f"{self.root}/v1"

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


class _Handler(QuietHandler):
    server: VectorServer

    def do_POST(self) -> None:
        self.server.keys.append(self.headers["Authorization"].removeprefix("Bearer "))
        self.answer(json.dumps(self.server.answer(json.loads(self.given()))).encode())
