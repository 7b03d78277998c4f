"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

TABLES = (
    # Whoever asks a model writes a line for their organisation; who reviews in it reads the lines
    t.Table(
        "usage_modelcall",
        f"organisation_id = {t.reviewed()} OR organisation_id = ANY({t.organisations()})",
        added=f"organisation_id IS NULL OR organisation_id = {t.organisation()}",
        rights=t.APPENDED,
        worker=t.APPENDED,
        counted=(
            "id", "organisation_id", "at", "purpose", "kind", "prompt_tokens", "completion_tokens",
            "cost", "outcome",
        ),
    ),
    # A limit of a space above holds for spaces whose people cannot read it
    t.Table(
        "usage_budget",
        "EXISTS (SELECT FROM spaces_space s WHERE s.id = space_id"
        f" AND s.organisation_id = {t.organisation()})",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
)  # fmt: skip


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
