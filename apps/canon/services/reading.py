"""Finding the revision that was meant: the newest, one by its hash, or what stood at a moment."""

from datetime import datetime

from django.db.models import Q

from apps.canon.core import changes
from apps.canon.models import ChangeProposal, Document, Revision
from apps.kernel.errors import NotFound


def revision_of(document: Document, *, sha256: str = "", as_of: datetime | None = None) -> Revision:
    """One revision of a document.

    Args:
        document: which; the caller has seen to it that the asker reads it.
        sha256: content address; the newest revision that has it.
        as_of: the one that stood then; None for now.

    Raises:
        NotFound: there is none, or the document was not canon then.
    """
    rows = document.revisions.select_related("document__space", "proposal").order_by("-number")
    if sha256:
        found = rows.filter(sha256=sha256, retires=False).first()
    elif as_of is not None:
        found = rows.filter(merged_at__lte=as_of).first()
    else:
        found = rows.first()
    if found is None or (as_of is not None and found.retires):
        raise NotFound
    return found


def difference(proposal: ChangeProposal) -> str:
    """What a proposal changes, as `diff -u` writes it."""
    before = proposal.base.content if proposal.base else ""
    return changes.unified(before, proposal.content, proposal.path)


def lines(proposal: ChangeProposal) -> list[changes.Line]:
    """What a proposal changes, line by line."""
    before = proposal.base.content if proposal.base else ""
    return changes.between(before, proposal.content)


def in_folder(folder: str) -> Q:
    """Documents at or below a folder; a path of a document finds it alone."""
    bare = folder.strip("/")
    return Q(path=bare) | Q(path__startswith=f"{bare}/") if bare else Q()
