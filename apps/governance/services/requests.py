"""Requests to reviewers: the person's notes leave them, and words that nobody else says."""

from collections import Counter
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.models import AuditEvent
from apps.curation.models import Candidate, CandidateMember, CandidateStatus
from apps.governance.services import opinions, words
from apps.governance.services.subjects import Subject, held, texts_of
from apps.kernel import clock
from apps.memories.models import Memory, Source

REASON = "its notes were erased"


def affected(subject: Subject) -> QuerySet[Candidate]:
    """Requests that show a note of the person's, or words the person chose as a reviewer."""
    shown = CandidateMember.objects.filter(memory__in=_own(subject)).values("candidate")
    return Candidate.objects.filter(
        Q(pk__in=shown) | (Q(public_id__in=_edited(subject)) & ~Q(text="")),
        target__organisation_id=subject.organisation_id,
    )


def _own(subject: Subject) -> QuerySet[Memory]:
    return subject.everything_own().exclude(pk__in=held(subject.organisation_id))


def _edited(subject: Subject) -> list[UUID]:
    """Requests whose words the person changed; only the audit log tells."""
    edits = AuditEvent.objects.filter(action="candidate.edit", actor__in=subject.ids)
    return [one for ids in edits.values_list("object_ids", flat=True) for one in ids]


@transaction.atomic
def settle(subject: Subject, candidate_id: int) -> Counter[str]:
    """Take the person out of one request; returns rows changed by table."""
    candidate = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate_id)
    mine = candidate.members.filter(memory__in=_own(subject))
    gone = list(Memory.objects.filter(pk__in=mine.values("memory")))
    others = candidate.members.exclude(pk__in=mine.values("pk"))
    left = list(Memory.objects.filter(pk__in=others.values("memory")))
    edited = candidate.public_id in _edited(subject)
    counts: Counter[str] = Counter()
    counts["curation_candidatemember"] = mine.delete()[0]
    blanked = bool(candidate.text) and not _stands(candidate, gone, left, edited=edited)
    if blanked:
        counts["curation_opinion"] = opinions.forget(subject.organisation_id, [candidate.text])
        candidate.text, candidate.edited = "", False
    if gone or blanked:
        _save(candidate, left=bool(left))
        counts["curation_candidate"] = 1
        counts["kernel_idempotencyrecord"] = subject.forget_answers([candidate.public_id])
    return counts


def _save(candidate: Candidate, *, left: bool) -> None:
    """A reviewer who has it open is told by the revision; without members nothing is asked."""
    if candidate.status == CandidateStatus.PENDING and not left:
        candidate.status, candidate.reason = CandidateStatus.WITHDRAWN, REASON
        candidate.decided_at = clock.now()
    candidate.revision += 1
    candidate.save()


def _stands(candidate: Candidate, gone: list[Memory], left: list[Memory], *, edited: bool) -> bool:
    """Whether a remaining note says its words, or a reviewer who stays chose them."""
    if words.says_any(candidate.text, texts_of(left)):
        return True
    if edited or not candidate.edited or any(not one.text for one in gone):
        return False
    published = candidate.published
    if published is not None and published.source == Source.PROMOTION and not published.text:
        return False
    return not words.says_any(candidate.text, texts_of(gone))
