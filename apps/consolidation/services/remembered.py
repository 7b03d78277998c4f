"""What people said before: memories that they want apart, and proposals that they turned down."""

from collections import defaultdict
from collections.abc import Iterable

from apps.consolidation.core.duplicates import Words
from apps.consolidation.models import (
    ChangeKind,
    ChangeSource,
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
    rows = ProposalSource.objects.filter(
        proposal__space=space, proposal__kind=kind, proposal__status=ProposalStatus.REJECTED
    )
    return _grouped(rows.values_list("proposal_id", "memory_id", "content_hash"))


def _grouped(rows: Iterable[tuple[int, int, str]]) -> list[Words]:
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for number, memory, words in rows:
        found[number][memory] = words
    return list(found.values())
