"""What a proposal shows: its sources in the words they had."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.accounts.models import User
from apps.consolidation.models import Proposal, ProposalSource
from apps.memories.models import MemoryRevision, Status


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as it was when the proposal was made."""

    id: UUID
    text: str
    kind: str
    author: User
    occurred_at: datetime
    current: bool


def shown(proposals: Iterable[Proposal]) -> dict[int, list[Shown]]:
    """The sources of each proposal, by its row id, in the order of their own row ids.

    Words that were erased or taken back since are not shown.
    """
    ids = [one.pk for one in proposals]
    rows = ProposalSource.objects.filter(proposal__in=ids).select_related("memory__author")
    revisions = MemoryRevision.objects.filter(
        memory__in=rows.values("memory"), memory__consolidated__proposal__in=ids
    ).filter(number=F("memory__consolidated__revision"))
    words = {(one.memory_id, one.number): one for one in revisions}
    found: dict[int, list[Shown]] = defaultdict(list)
    for row in rows.order_by("memory_id"):
        said = words.get((row.memory_id, row.revision))
        gone = row.memory.status in {Status.RETRACTED, Status.ERASED} or said is None
        found[row.proposal_id].append(
            Shown(
                id=row.memory.public_id,
                text="" if gone or said is None else said.text,
                kind=row.memory.kind,
                author=row.memory.author,
                occurred_at=row.memory.occurred_at,
                current=row.memory.revision == row.revision and not gone,
            )
        )
    return found
