"""The statements of the usual question - no filter but spaces, status and expiry - kept planned.

What finds candidates is not among them: its plan depends on how large the asker's spaces are.
"""

from collections.abc import Callable, Collection

from apps.graph import sql_expansion
from apps.kernel.planned import Planned, planned
from apps.recall import sql

USUAL = frozenset({"space_ids", "statuses", "now"})
_TAKEN = {
    "space_ids": "bigint[]", "statuses": "text[]", "now": "timestamptz", "model": "text",
}  # fmt: skip
_TIES = ("int", "bigint", "float8")

_FUNCTIONS: dict[Callable[[Collection[str]], str], Planned] = {
    sql.statistics: planned(
        "recall_statistics",
        sql.statistics(USUAL),
        takes={
            **_TAKEN, "terms": "text[]", "hidden": "text[]", "organisation": "bigint",
            "phrases": "text[]",
        },
        gives=(
            "text[]", "bigint[]", "boolean", "boolean", "boolean", "bigint", "boolean", "text[]",
            "bigint[]",
        ),
    ),
    sql.neighbours: planned(
        "recall_neighbours",
        sql.neighbours(USUAL),
        takes={**_TAKEN, "hits": "bigint[]", "gap": "interval"},
        gives=("bigint", "bigint", "bigint", "text", *_TIES),
    ),
    sql.shown: planned(
        "recall_shown",
        sql.shown(USUAL),
        takes={**_TAKEN, "ids": "bigint[]", "readable": "bigint[]"},
        gives=(
            "bigint", "uuid", "text", "text", "text[]", "text", "timestamptz", "timestamptz",
            "timestamptz", "text", "timestamptz", "uuid", "text", "text", "uuid", "text", "text",
            "bigint", "uuid[]", "int",
        ),
    ),
}  # fmt: skip
# The same whatever is filtered: it tells memories, and who asks for them filters
TOLD = planned(
    "recall_told",
    sql_expansion.TOLD,
    takes={
        "seeds": "bigint[]", "space_ids": "bigint[]", "held_at": "timestamptz",
        "found": "bigint[]",
    },
    gives=("bigint", "float8"),
)  # fmt: skip


def statement(of: Callable[[Collection[str]], str], names: Collection[str]) -> str:
    """The statement for a question with these filters: a call where the plan is kept."""
    return _FUNCTIONS[of].call if names == USUAL else of(names)


def definitions() -> tuple[str, ...]:
    """What makes the functions."""
    return tuple(each.definition for each in (*_FUNCTIONS.values(), TOLD))
