"""Chroma, persistent, one collection with the user as metadata."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings

from bench.peers.wire import TOP, Vector, serve


class Chroma:
    def __init__(self, folder: Path, _database_url: str) -> None:
        client = chromadb.PersistentClient(
            str(folder / "chroma"), settings=Settings(anonymized_telemetry=False)
        )
        self._collection = client.create_collection(
            "memories", embedding_function=None, metadata={"hnsw:space": "cosine"}
        )

    def load(self, rows: Sequence[dict[str, str]], vectors: Vector) -> None:
        self._collection.add(
            ids=[row["id"] for row in rows],
            embeddings=vectors,
            documents=[row["text"] for row in rows],
            metadatas=[{"user": row["user"]} for row in rows],
        )

    def loaded(self) -> None:
        """Nothing to be done."""

    def write(self, user: str, id: str, text: str, vector: Vector) -> None:
        self._collection.add(
            ids=[id], embeddings=vector[None], documents=[text], metadatas=[{"user": user}]
        )

    def search(self, user: str, text: str, vector: Vector) -> object:
        return self._collection.query(
            query_embeddings=vector[None],
            n_results=TOP,
            where={"user": user},
            include=["documents", "distances"],
        )

    def nearest(self, user: str, text: str, vector: Vector, answer: Any) -> list[str]:
        return list(answer["ids"][0])


if __name__ == "__main__":
    serve(Chroma)
