"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

DOCUMENT, PROPOSAL = "canon_document", "canon_changeproposal"
_IN_SPACE = f"space_id = ANY({t.spaces()})"
_WRITTEN = f"space_id = ANY({t.writable()})"
# Who reviews a space merges into it, also by a credential that writes nothing else
_MERGED = f"space_id = ANY({t.review()})"
_WITH_PROPOSAL = t.along(PROPOSAL, "proposal_id")

TABLES = (
    t.Table(DOCUMENT, _IN_SPACE, added=_MERGED, rights=t.KEPT, worker=t.KEPT),
    t.Table("canon_revision", _IN_SPACE, added=_MERGED, rights=t.APPENDED, worker=t.APPENDED),
    t.Table("canon_section", _IN_SPACE, added=_MERGED),
    t.Table("canon_sectionindex", _IN_SPACE, added=_MERGED),
    t.Table(PROPOSAL, _IN_SPACE, added=_WRITTEN),
    t.Table("canon_proposalsource", _WITH_PROPOSAL),
    t.Table("canon_approval", _WITH_PROPOSAL, rights=t.APPENDED, worker=t.APPENDED),
    t.Table("canon_comment", _WITH_PROPOSAL, rights=t.APPENDED),
    # What is asked is inherited from spaces above that one need not read
    t.Table(
        "canon_reviewrules",
        "EXISTS (SELECT FROM spaces_space s WHERE s.id = space_id"
        f" AND s.organisation_id = {t.organisation()})",
        rights=t.APPENDED,
        worker=t.APPENDED,
    ),
    t.Table("canon_mirror", _IN_SPACE),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
