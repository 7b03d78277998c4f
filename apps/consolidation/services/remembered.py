"""What people said before: memories that they want apart, and proposals that they turned down."""

from collections import defaultdict
from collections.abc import Iterable

from apps.consolidation.core.duplicates import Words
from apps.consolidation.models import (
    ChangeKind,
    ChangeSource,
    ConsolidationRun,
    ProposalKind,
    ProposalSource,
    ProposalStatus,
)
from apps.spaces.models import Space


def apart(space: Space, kind: str = ChangeKind.MERGE) -> list[Words]:
    """Sources of changes that a person undid; what the hub took back itself is not among them."""
    rows = ChangeSource.objects.filter(
        change__space=space, change__kind=kind, change__undone_by__isnull=False
    )
    return _grouped(rows.values_list("change_id", "memory_id", "content_hash"))


def refused(space: Space, kind: str = ProposalKind.MERGE) -> list[Words]:
    """Members of proposals that a person turned down."""
    return proposed(space, kind, (ProposalStatus.REJECTED,))


def proposed(
    space: Space, kind: str, statuses: Iterable[str], *, but_of: ConsolidationRun | None = None
) -> list[Words]:
    """Members of proposals of these statuses, without those of the run `but_of`."""
    rows = ProposalSource.objects.filter(
        proposal__space=space, proposal__kind=kind, proposal__status__in=list(statuses)
    )
    if but_of is not None and but_of.pk:
        rows = rows.exclude(proposal__run=but_of)
    return _grouped(rows.values_list("proposal_id", "memory_id", "content_hash"))


def _grouped(rows: Iterable[tuple[int, int, str]]) -> list[Words]:
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for number, memory, words in rows:
        found[number][memory] = words
    return list(found.values())
