"""Captured transcripts: kept under a legal hold, deleted with their person."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.captures.models import Capture
from apps.governance.models import LegalHold
from apps.governance.services.subjects import Subject
from apps.kernel import isolation
from apps.kernel.errors import Conflict


class TranscriptHeld(Conflict):
    """This transcript must be kept for now; nothing was deleted."""

    code = "transcript_held"


def keep_held(capture: Capture) -> None:
    """Refuse deletion of what a hold on its space or its people keeps; which hold is not told.

    Raises:
        TranscriptHeld: there is one.
    """
    with isolation.acting_in(capture.organisation_id):  # holds are for administrators to see
        holds = LegalHold.objects.in_force().filter(
            Q(space_id=capture.space_id) | Q(person_id__in=[capture.owner_id, capture.author_id])
        )
        if holds.exists():
            raise TranscriptHeld


def parts(subject: Subject) -> Iterator[Callable[[], Counter[str]]]:
    """A part per transcript: each may be large."""
    for pk in list(_own(subject).values_list("pk", flat=True)):
        yield partial(_delete, pk)


def _own(subject: Subject) -> QuerySet[Capture]:
    users = list(subject.users)
    theirs = Q(owner_id__in=users) | Q(author_id__in=users) | Q(space__person_id__in=users)
    found: QuerySet[Capture] = Capture.objects.filter(theirs).order_by("pk")
    return found


@transaction.atomic
def _delete(pk: int) -> Counter[str]:
    """The transcript with its parts and chunks."""
    _, rows = Capture.objects.filter(pk=pk).delete()
    counts: Counter[str] = Counter()
    for label, count in rows.items():
        counts[label.lower().replace(".", "_")] += count
    return counts
