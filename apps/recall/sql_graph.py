"""What the graph relates to the things that a question names, as candidates of the search."""

from collections.abc import Collection

from apps.recall.planned import TOLD
from apps.recall.sql import on_index, scored

MOST = 200  # memories of an answer of the graph


def related(names: Collection[str], *, words: bool, dimensions: int | None) -> str:
    """Memories that speak of what is related, behind the filters.

    Args:
        names: the filter's parameters. Besides them those of `apps.graph.sql_expansion`.
        words: whether there are `weights` to compute BM25 with.
        dimensions: of the query vector (`vector`); None without one.

    Returns:
        A statement for rows as of `sql.by_words`, and at their end the share of the walk above 0.
    """
    found = f"""
    SELECT i.id, told.mass
      FROM ({TOLD.call}) AS told (memory_id, mass)
      JOIN memories_memoryindex i ON i.memory_id = told.memory_id
     WHERE {on_index(names)}
     ORDER BY told.mass DESC, (i.memory_id = ANY(%(found)s::bigint[])) DESC, i.memory_id DESC
     LIMIT {MOST}"""  # noqa: S608  constants only
    return scored(found, words=words, dimensions=dimensions, also=", found.mass")
