"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

_RUN, _CHANGE, _PROPOSAL = (
    "consolidation_consolidationrun", "consolidation_change", "consolidation_proposal",
)  # fmt: skip
_IN_SPACE = f"space_id = ANY({t.spaces()})"

TABLES = (
    # Inherited from spaces above that one need not read
    t.Table(
        "consolidation_archivistpolicy",
        "EXISTS (SELECT FROM spaces_space s WHERE s.id = space_id"
        f" AND s.organisation_id = {t.organisation()})",
        rights=t.APPENDED,
        worker=t.KEPT,  # an erasure empties its reasons
    ),
    t.Table(_RUN, _IN_SPACE, counted=("id", "state", "dry", "finished_at")),
    t.Table("consolidation_runstep", t.along(_RUN, "run_id")),
    t.Table(
        _CHANGE,
        _IN_SPACE,
        rights=t.KEPT,
        worker=t.KEPT,
        counted=("id", "kind", "state", "created_at"),
    ),
    t.Table("consolidation_changesource", t.along(_CHANGE, "change_id")),
    t.Table(_PROPOSAL, _IN_SPACE, counted=("id", "kind", "status", "created_at")),
    t.Table("consolidation_proposalsource", t.along(_PROPOSAL, "proposal_id")),
    t.Table("consolidation_draft", _IN_SPACE),
    t.Table("consolidation_brief", _IN_SPACE, counted=("id", "refreshed_at")),
    t.Table("consolidation_briefsource", t.along("consolidation_brief", "brief_id")),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
