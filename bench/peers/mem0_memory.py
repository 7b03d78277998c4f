"""mem0 on pgvector, `infer=False`: no language model decides what is kept."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from bench.peers.wire import DIMENSIONS, TOP, Given, Vector, serve

os.environ["MEM0_TELEMETRY"] = "False"  # read when it is imported


class _Model:
    """mem0's face of an embedding model."""

    def __init__(self, given: Given) -> None:
        self._given = given

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return self._given([text])[0]

    def embed_batch(self, texts: list[str], memory_action: str = "add") -> list[list[float]]:
        return self._given(texts)


class Mem0:
    def __init__(self, folder: Path, database_url: str) -> None:
        os.environ["MEM0_DIR"] = str(folder)
        from mem0 import Memory

        store = {
            "connection_string": database_url,
            "collection_name": "memories",
            "embedding_model_dims": DIMENSIONS,
        }
        nowhere = {"provider": "openai", "config": {"api_key": "none"}}
        self._memory = Memory.from_config(
            {
                "vector_store": {"provider": "pgvector", "config": store},
                "embedder": nowhere,
                "llm": nowhere,
                "history_db_path": str(folder / "history.db"),
            }
        )
        self._given = Given()
        self._memory.embedding_model = _Model(self._given)
        self._database_url = database_url

    def load(self, rows: Sequence[dict[str, str]], vectors: Vector) -> None:
        """Through its vector store, with the payload that `add` would write: `add` is too slow."""
        now = datetime.now(UTC).isoformat()
        payloads = [
            {
                "user_id": row["user"], "key": row["id"], "data": row["text"],
                "hash": md5(row["text"].encode(), usedforsecurity=False).hexdigest(),
                "created_at": now, "updated_at": now, "text_lemmatized": row["text"].lower(),
            }
            for row in rows
        ]  # fmt: skip
        ids = [str(uuid4()) for _ in rows]
        self._memory.vector_store.insert(vectors=vectors.tolist(), payloads=payloads, ids=ids)

    def loaded(self) -> None:
        with psycopg.connect(self._database_url, autocommit=True) as session:
            session.execute("VACUUM ANALYZE")

    def write(self, user: str, id: str, text: str, vector: Vector) -> None:
        self._given.know([text], vector[None])
        self._memory.add(text, user_id=user, metadata={"key": id}, infer=False)

    def search(self, user: str, text: str, vector: Vector) -> object:
        self._given.know([text], vector[None])
        return self._memory.search(text, top_k=TOP, filters={"user_id": user})

    def nearest(self, user: str, text: str, vector: Vector, answer: Any) -> list[str]:
        """From its vector store, as `search` asks it, before the words of the text mix in."""
        found = self._memory.vector_store.search(
            query=text, vectors=vector.tolist(), top_k=60, filters={"user_id": user}
        )
        return [each.payload.get("key", "") for each in found[:TOP]]


if __name__ == "__main__":
    serve(Mem0)
