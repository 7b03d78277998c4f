"""The steps of a run, in order. Each may be repeated: what is done is not found again."""

from collections.abc import Callable
from typing import Any

from apps.consolidation.core import duplicates as core
from apps.consolidation.models import (
    Change,
    ChangeKind,
    ChangeSource,
    Proposal,
    ProposalStatus,
)
from apps.consolidation.services import (
    briefs,
    changes,
    likeness,
    proposals,
    remembered,
    summaries,
    synthesis,
    undoing,
    widening,
)
from apps.consolidation.services.changes import Planned
from apps.consolidation.services.work import Work

Step = Callable[[Work], dict[str, Any]]


def follow(work: Work) -> dict[str, Any]:
    """Take back what lost its sources; make proposals stale that show what is not there."""
    if work.dry:
        return {}
    undoing.follow(work.space)
    proposals.overtaken(work)
    undone = Change.objects.filter(
        space=work.space, undone_at__gte=work.now, undone_by__isnull=True
    )
    stale = Proposal.objects.filter(
        space=work.space, status=ProposalStatus.STALE, decided_at__gte=work.now
    )
    return {"undone": undone.count(), "stale": stale.count()}  # with what a killed worker did


def duplicates(work: Work) -> dict[str, Any]:
    """What certainly says the same becomes one."""
    if not work.policy.duplicates:
        return {}
    pieces = work.pieces()
    found = core.same(pieces.values(), remembered.apart(work.space))
    if work.dry:
        return _told(len(found), sum(len(one.sources) for one in found))
    planned = [Planned(one) for one in found]
    done = 0
    for part in changes.chunks(planned):
        changes.merge(work.space, part, pieces, work.hand)
        done += len(part)
        work.beat("duplicates", done, len(planned))
    made = Change.objects.filter(run=work.run, kind=ChangeKind.MERGE)
    return _told(made.count(), ChangeSource.objects.filter(change__in=made).count())


def _told(results: int, sources: int) -> dict[str, Any]:
    return {"merged": sources, "into": results}


STEPS: tuple[tuple[str, Step], ...] = (
    ("follow", follow),
    ("duplicates", duplicates),
    ("possible", likeness.step),
    ("summaries", summaries.step),
    ("synthesis", synthesis.step),
    ("promotion", widening.step),
    ("brief", briefs.step),
)
