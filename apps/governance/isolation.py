"""Whose rows of this room a request sees, as conditions for the database."""

from apps.governance.sql import FUNCTIONS
from apps.kernel.isolation import WORKER
from apps.kernel.isolation import tables as t

TABLES = (
    *(
        t.Table(name, f"organisation_id = {t.governed()}", rights=t.KEPT, worker=t.KEPT)
        for name in ("governance_erasure", "governance_legalhold")
    ),
    t.Table("governance_retentionrun", f"organisation_id = {t.governed()}"),
    t.Table(
        "governance_retentionrule",
        "EXISTS (SELECT FROM spaces_space s WHERE s.id = space_id"
        f" AND s.organisation_id = {t.governed()})",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
)


def declare() -> None:
    """Tell the kernel; erasing is the worker's work."""
    t.isolate(TABLES)
    for function in FUNCTIONS:
        t.allow(WORKER, function)
