"""LangGraph's `PostgresStore` with its default HNSW index, one namespace per user."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.store.base import PutOp
from langgraph.store.postgres import PostgresStore
from psycopg import Connection
from psycopg.rows import dict_row

from bench.peers.wire import DIMENSIONS, TOP, Given, Vector, serve


class LangGraph:
    def __init__(self, _folder: Path, database_url: str) -> None:
        self._given = Given()
        session = Connection.connect(
            database_url, autocommit=True, prepare_threshold=0, row_factory=dict_row
        )
        index: Any = {"dims": DIMENSIONS, "embed": self._given, "fields": ["text"]}
        self._store = PostgresStore(session, index=index)
        self._store.setup()
        self._session = session

    def load(self, rows: Sequence[dict[str, str]], vectors: Vector) -> None:
        self._given.know([row["text"] for row in rows], vectors)
        self._store.batch([PutOp((row["user"],), row["id"], {"text": row["text"]}) for row in rows])

    def loaded(self) -> None:
        self._session.execute("VACUUM ANALYZE")

    def write(self, user: str, id: str, text: str, vector: Vector) -> None:
        self._given.know([text], vector[None])
        self._store.put((user,), id, {"text": text})

    def search(self, user: str, text: str, vector: Vector) -> object:
        self._given.know([text], vector[None])
        return self._store.search((user,), query=text, limit=TOP)

    def nearest(self, user: str, text: str, vector: Vector, answer: Any) -> list[str]:
        return [item.key for item in answer]


if __name__ == "__main__":
    serve(LangGraph)
