"""The graph index (HNSW) of each embedding model: partial, on an expression, built online.

The one place that names, makes and drops them. Which question walks the graph is recall's affair.
"""

import re
from hashlib import blake2b

from django.db import connection

MAX_DIMENSIONS = 4_000  # of a halfvec in an HNSW index; longer vectors are always sorted exactly
_LINKS, _BREADTH = 24, 128  # m and ef_construction
_SHIPPED = {
    "all-MiniLM-L6-v2/int8": "index_hnsw_minilm_int8",
    "all-MiniLM-L6-v2/float32": "index_hnsw_minilm_float32",
}  # made by migration 0003
_SAFE = re.compile(r"[\w./:@ +-]{1,120}")


def name_of(model: str) -> str:
    """Name of a model's index in the database."""
    digest = blake2b(model.encode(), digest_size=6).hexdigest()
    return _SHIPPED.get(model, f"index_hnsw_{digest}")


def exists(model: str) -> bool:
    """Whether the model's index is there and usable."""
    return _validity(name_of(model)) is True


def nameable(model: str) -> bool:
    """Whether the id can stand in an index's condition: at most 120 plain characters."""
    return _SAFE.fullmatch(model) is not None


def ensure(model: str, dimensions: int) -> bool:
    """Build the model's index while reads and writes go on; False when there is nothing to build.

    Call outside a transaction. What a killed attempt left behind is built anew.

    Args:
        dimensions: of the model's vectors; more than 4,000 cannot be indexed.
    """
    name = name_of(model)
    if dimensions > MAX_DIMENSIONS or _validity(name) is True:
        return False
    if _validity(name) is False:
        _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    _run(
        f"CREATE INDEX CONCURRENTLY {name} ON memories_memoryindex"
        f" USING hnsw ((embedding::halfvec({int(dimensions)})) halfvec_cosine_ops)"
        f" WITH (m = {_LINKS}, ef_construction = {_BREADTH}) WHERE model = {_quoted(model)}"
    )
    return True


def drop(model: str) -> None:
    """Take the model's index away while reads and writes go on. Call outside a transaction."""
    _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name_of(model)}")


def _validity(name: str) -> bool | None:
    """True: usable; False: a build was interrupted or is under way; None: there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def _quoted(model: str) -> str:
    """A literal: DDL takes no parameters."""
    if not nameable(model):
        raise ValueError("an embedding model's id has characters that no index can name")
    return "'" + model + "'"


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
