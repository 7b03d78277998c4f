"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

TABLES = (
    t.Table(
        "decay_decayrun",
        f"organisation_id = {t.reviewed()}",
        counted=("id", "state", "dry", "finished_at"),
    ),
    t.Table("decay_decaymove", t.along("memories_memory", "memory_id"), rights=("SELECT",)),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
