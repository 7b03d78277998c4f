"""The one place that decides how the vectors are searched."""

from collections.abc import Iterable
from enum import StrEnum

# Rows always sorted exactly: 2 ms at 1 us each, at recall 1; a walk takes that at its shortest.
BREAK_EVEN = 2_000
# Time that one step of the graph takes, in rows sorted exactly: 24 us against 1 us, measured on the
# index table of 10,000 memories (the ratio is what counts, it hardly depends on the machine).
STEP_COST = 24
LONGEST_SORT = 50_000  # rows; beyond them the graph, whatever the estimate says


class Plan(StrEnum):
    """How the dense leg runs."""

    EXACT = "exact"  # sort every row that passes the filters
    HNSW = "hnsw"  # walk the graph index, iterating until enough rows pass the filters


def expected(documents: int, matching: Iterable[int]) -> int:
    """Rows that pass several filters, if the filters know nothing of each other.

    Args:
        documents: rows in the spaces searched.
        matching: of these, how many pass each filter that was counted.

    Returns:
        documents * product of the shares; never more than `documents`.
    """
    rows = float(documents)
    for passing in matching:
        rows *= min(1.0, passing / documents) if documents else 0.0
    return round(rows)


def choose(rows: int, *, total: int = 0, wanted: int = 100) -> Plan:
    """The plan for the nearest `wanted` of `rows` rows that pass the filters.

    A walk visits about `wanted * total / rows` rows of the graph until enough of them pass; a sort
    visits `rows`. The cheaper one is taken.

    Args:
        rows: how many pass, estimated.
        total: rows in the graph, of everybody; 0 when unknown.
        wanted: how many are to be found.

    Returns:
        EXACT up to `BREAK_EVEN` rows and as long as sorting is cheaper, else HNSW.
    """
    if rows <= BREAK_EVEN:
        return Plan.EXACT
    walk = STEP_COST * wanted * max(total, rows) / rows
    return Plan.EXACT if rows <= min(walk, LONGEST_SORT) else Plan.HNSW
