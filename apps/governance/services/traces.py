"""What a person left on others' memories and in usage: their words go, what they decided stays.

A confirmation, a verdict or an outcome is evidence about somebody else's memory; without the words
it is a number under a pseudonym.
"""

from collections import Counter

from django.db import transaction
from django.db.models import Q

from apps.canon.services import forgetting
from apps.curation.models import Candidate, Screening, ScreeningState
from apps.governance.services import consolidated
from apps.governance.services.subjects import Subject, held
from apps.memories.models import Outcome, Provenance
from apps.recall.models import Feedback, Report

GONE = "erased"  # where the database insists on a reason


@transaction.atomic
def forget(subject: Subject) -> Counter[str]:
    """Blank every free text the person or an agent wrote, and what they asked; rows by table."""
    users = subject.users
    by_person = Q(person__in=users)
    counts: Counter[str] = Counter(subject.call("governance_blank_words", users))
    outcomes = Outcome.objects.filter(by_person | Q(reporter__in=users)).exclude(task="")
    counts["memories_outcome"] += outcomes.update(task="")
    notes = Feedback.objects.filter(by_person | Q(user__in=users)).exclude(note="")
    counts["recall_feedback"] += notes.update(note="")
    reports = Report.objects.filter(closed_by__in=users).exclude(reason="")
    counts["recall_report"] += reports.update(reason="")
    decided = Candidate.objects.filter(reviewer__in=users).exclude(reason="")
    counts["curation_candidate"] += decided.update(reason="")
    counts["curation_screening"] += _judgements(subject)
    counts.update(forgetting.forget(users, subject.everything_own()))
    counts.update(consolidated.forget_reasons(users))
    links = Provenance.objects.filter(contributor__in=users).exclude(
        source_memory__in=held(subject.organisation_id)
    )
    counts["memories_provenance"] += links.delete()[0]
    return counts


def _judgements(subject: Subject) -> int:
    """Reasons for judging marks; a release must have one."""
    judged = Screening.objects.filter(reviewer__in=subject.users).exclude(reason__in=["", GONE])
    released = judged.filter(state=ScreeningState.RELEASED).update(reason=GONE)
    return released + judged.exclude(state=ScreeningState.RELEASED).update(reason="")
