"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t
from apps.recall import planned

_WITH_MEMORY = t.along("memories_memory", "memory_id")
_OWN = f"person_id = {t.person()}"

TABLES = (
    t.Table(
        "recall_recalluse",
        f"{_OWN} OR organisation_id = ANY({t.organisations()})"
        # what was said of an answer names it, to everybody who is told
        " OR EXISTS (SELECT FROM recall_feedback said WHERE said.recall_id = recall_recalluse.id)",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
    t.Table("recall_feedback", f"{_OWN} OR {_WITH_MEMORY}", rights=t.KEPT, worker=t.KEPT),
    t.Table(
        "recall_report", _WITH_MEMORY, rights=t.KEPT, worker=t.KEPT, counted=("id", "closed_at")
    ),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
    for definition in planned.definitions():
        t.define(definition)
