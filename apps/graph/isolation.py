"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

_WHOLE = f"organisation_id = ANY({t.organisations()})"
_HERE = f"organisation_id = {t.organisation()}"
_EVIDENT = f"known_spaces && {t.spaces()} OR {_WHOLE}"
_IN_SPACE = f"space_id = ANY({t.spaces()})"

TABLES = (
    t.Table("graph_entity", _EVIDENT, counted=("id",)),
    t.Table("graph_relation", _EVIDENT, counted=("id", "status")),
    t.Table("graph_evidence", _IN_SPACE, counted=("id",)),
    t.Table("graph_change", _HERE),
    t.Table("graph_relationtype", _HERE),
    t.Table("graph_personalgraph", _IN_SPACE),
    t.Table("graph_reading", t.along("memories_memory", "memory_id"), counted=("id", "memory_id")),
    t.Table(
        "graph_pending",
        f"{t.along('memories_memory', 'memory_id')} OR {t.along('canon_section', 'section_id')}",
        counted=("id", "memory_id", "section_id"),
    ),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
