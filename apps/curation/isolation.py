"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

_RUN, _CLUSTER, _RULING = "curation_curationrun", "curation_cluster", "curation_ruling"
_CANDIDATE = "curation_candidate"
_REVIEWED = f"organisation_id = {t.reviewed()}"
_WITH_MEMORY = t.along("memories_memory", "memory_id")

TABLES = (
    # Thresholds are inherited from spaces above that one need not read
    t.Table(
        "curation_policy",
        "EXISTS (SELECT FROM spaces_space s WHERE s.id = space_id"
        f" AND s.organisation_id = {t.organisation()})",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
    t.Table(_RUN, _REVIEWED, counted=("id", "state", "dry", "finished_at")),
    t.Table("curation_screening", _WITH_MEMORY, counted=("id", "codes", "state")),
    t.Table("curation_cleanscreening", _WITH_MEMORY),
    t.Table(_CLUSTER, _REVIEWED),
    t.Table("curation_clustermember", t.along(_CLUSTER, "cluster_id")),
    t.Table(_RULING, _REVIEWED, rights=t.APPENDED, worker=t.APPENDED),
    t.Table(
        "curation_rulingnote",
        t.along(_RULING, "ruling_id"),
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
    t.Table("curation_decision", t.along(_RUN, "run_id"), rights=t.APPENDED, worker=t.APPENDED),
    t.Table("curation_opinion", _REVIEWED),
    t.Table("curation_modeluse", _REVIEWED),
    t.Table(_CANDIDATE, f"target_id = ANY({t.review()})", counted=("id", "status", "created_at")),
    t.Table("curation_candidatemember", t.along(_CANDIDATE, "candidate_id")),
    t.Table("curation_approval", t.along(_CANDIDATE, "candidate_id")),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
