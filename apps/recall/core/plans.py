"""The one place that decides how the vectors are searched."""

from enum import StrEnum

# Rows. Measured on 100,000 MiniLM halfvecs, one core: at 5,000 rows an exact sort takes 1.5 ms at
# recall 1, HNSW 2.0 ms at 0.92; at 10,000 rows 5.7 ms against 1.1 ms.
BREAK_EVEN = 5_000


class Plan(StrEnum):
    """How the dense leg runs."""

    EXACT = "exact"  # sort every row that passes the filters
    HNSW = "hnsw"  # walk the graph index, iterating until enough rows pass the filters


def choose(rows: int) -> Plan:
    """The plan for a dense search over `rows` rows that pass the filters.

    Args:
        rows: how many there are; any figure above `BREAK_EVEN` may stand for "many".

    Returns:
        EXACT up to the break-even, HNSW above it.
    """
    return Plan.EXACT if rows <= BREAK_EVEN else Plan.HNSW
