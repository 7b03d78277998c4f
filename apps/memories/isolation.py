"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t
from apps.memories.services import storage

MEMORY, CORPUS, OUTCOME = "memories_memory", "memories_corpus", "memories_outcome"
_IN_SPACE = f"space_id = ANY({t.spaces()})"
# Every search names the spaces itself. How many rows an array known only by then stands for, the
# planner guesses low: offered as an index condition, this had it sort half of a million rows into a
# bitmap for each common word.
_IN_SPACE_UNINDEXED = f"space_id + 0 = ANY({t.spaces()})"
_WITH_MEMORY = t.along(MEMORY, "memory_id")
_REPORTED = (
    f"person_id = {t.person()} OR organisation_id = ANY({t.organisations()})"
    f" OR organisation_id = {t.reviewed()}"
)

# A memory and its first revision are added by one statement, which does not see its own rows. A
# volatile function looks anew; it has the rights of who calls it.
SEES = f"""
CREATE OR REPLACE FUNCTION memoryhub_sees_memory(asked bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $function$
BEGIN RETURN EXISTS (SELECT FROM {MEMORY} WHERE id = asked); END $function$
"""

TABLES = (
    t.Table(
        MEMORY,
        _IN_SPACE,
        added=f"space_id = ANY({t.writable()})",
        rights=t.KEPT,
        worker=t.KEPT,
        counted=("id", "status"),
    ),
    t.Table(
        "memories_memoryrevision",
        _WITH_MEMORY,
        added="memoryhub_sees_memory(memory_id)",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
    t.Table(
        "memories_memoryindex",
        _IN_SPACE_UNINDEXED,
        counted=(
            "id",
            "memory_id",
            "space_id",
            "model",
            "status",
            "embedding",
            "attempts",
            "next_attempt_at",
        ),
    ),
    t.Table(CORPUS, _IN_SPACE),
    # Not `along`: a statement adds a row per word, and the visible corpora are few
    t.Table("memories_termcount", f"corpus_id IN (SELECT id FROM {CORPUS})"),  # noqa: S608
    t.Table("memories_provenance", _WITH_MEMORY),
    t.Table("memories_confirmation", _WITH_MEMORY, rights=t.APPENDED, worker=t.APPENDED),
    t.Table(OUTCOME, _REPORTED),
    t.Table("memories_outcomeuse", f"{t.along(OUTCOME, 'outcome_id')} OR {_WITH_MEMORY}"),
)
LIMITS = (
    t.Limits(
        "memories_embeddingmodel",
        rights=("SELECT",),
        worker=("SELECT", "INSERT", "UPDATE", "DELETE"),
        counted=(
            "id", "model", "role", "name", "compute", "dimensions", "languages", "api_base",
            "api_key_variable", "since",
        ),
    ),
)  # fmt: skip


def declare() -> None:
    """Tell the kernel."""
    t.define(SEES)
    t.define(storage.definition())
    t.isolate(TABLES, limits=LIMITS)
