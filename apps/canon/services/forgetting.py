"""What a person left in the workings of canon; what became canon is the organisation's word."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.canon.models import ChangeProposal, Comment, ProposalStatus
from apps.kernel import clock
from apps.memories.models import Memory


@transaction.atomic
def forget(users: Sequence[int], memories: QuerySet[Memory]) -> Counter[str]:
    """Empty comments and proposals of the users, and open proposals made of the memories.

    Returns:
        Rows changed by table.
    """
    counts: Counter[str] = Counter()
    said = Comment.objects.filter(author__in=users).exclude(text="")
    counts["canon_comment"] = said.update(text="")
    by_them = Q(author__in=users) | Q(owner__in=users)
    of_theirs = Q(status=ProposalStatus.OPEN, sources__memory__in=memories.values("pk"))
    found = ChangeProposal.objects.filter(by_them | of_theirs).exclude(content="", reason="")
    ids = list(found.values_list("pk", flat=True))
    rows = ChangeProposal.objects.filter(pk__in=ids)
    rows.open().update(status=ProposalStatus.WITHDRAWN, decided_at=clock.now())
    counts["canon_changeproposal"] = rows.update(content="", sha256="", reason="")
    decided = ChangeProposal.objects.filter(decided_by__in=users).exclude(decision="")
    counts["canon_changeproposal"] += decided.update(decision="")
    return counts
