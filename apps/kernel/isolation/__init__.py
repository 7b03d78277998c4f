"""Isolation a second time, in the database: row-level security for what people keep.

Every request says once who asks (`enter`); from then on each transaction of it begins with that
(`cursors`), and PostgreSQL shows it only rows of the spaces that its own function found for them
(`tables`, applied by `applying`). Without a context nothing is visible. `docs/explanation/
isolation.md` says what this guards against and what it does not.
"""

from apps.kernel.isolation.contexts import (
    Context,
    Reach,
    acting_in,
    carried,
    census,
    current,
    enter,
    forget,
    nobody,
    reaching,
    widen,
    within,
)
from apps.kernel.isolation.roles import CENSUS, ROLES, WEB, WORKER

__all__ = [
    "CENSUS",
    "ROLES",
    "WEB",
    "WORKER",
    "Context",
    "Reach",
    "acting_in",
    "carried",
    "census",
    "current",
    "enter",
    "forget",
    "nobody",
    "reaching",
    "widen",
    "within",
]
