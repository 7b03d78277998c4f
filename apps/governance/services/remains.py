"""What is left of an erased person and why: the second half of a certificate."""

from typing import Any

from django.db.models import Q

from apps.audit.models import AuditEvent
from apps.governance.models import LegalHold
from apps.governance.services.subjects import Subject, held
from apps.memories.models import Confirmation, Memory, Outcome, Source, Status
from apps.recall.models import Feedback, RecallUse


def of(subject: Subject) -> list[dict[str, Any]]:
    """Rows `what`, `count`, `why`, and for holds their ids; only what there is."""
    rows = [*_holds(subject), *_published(subject), *_evidence(subject), *_audit(subject)]
    return [row for row in rows if row["count"]]


def _holds(subject: Subject) -> list[dict[str, Any]]:
    kept = (
        subject.everything_own()
        .exclude(status=Status.ERASED)
        .filter(pk__in=held(subject.organisation_id))
    )
    ids = list(kept.values_list("pk", flat=True))
    holds = LegalHold.objects.in_force().filter(
        Q(memory__in=ids) | Q(space__in=kept.values("space"))
    )
    named = sorted(str(one) for one in holds.values_list("public_id", flat=True))
    return [{"what": "memories", "count": len(ids), "why": "legal hold", "holds": named}]


def _published(subject: Subject) -> list[dict[str, Any]]:
    """Facts that stayed for their other sources, as the erasure's own events tell."""
    settled = AuditEvent.objects.filter(
        action__in=["memory.unlink", "memory.reword"],
        detail__erasure=str(subject.erasure.public_id),
    )
    ids = {one for each in settled.values_list("object_ids", flat=True) for one in each}
    facts = Memory.objects.filter(public_id__in=ids).exclude(status=Status.ERASED)
    return [
        {
            "what": "published facts" if promoted else "memories derived by others",
            "count": (facts.filter if promoted else facts.exclude)(source=Source.PROMOTION).count(),
            "why": "independent sources; name, link and wording are gone"
            if promoted
            else "in others' own words; the link is gone",
        }
        for promoted in (True, False)
    ]


def _evidence(subject: Subject) -> list[dict[str, Any]]:
    users = subject.users
    why = "evidence about others' memories, without words, under a pseudonym"
    counts = {
        "confirmations": Confirmation.objects.filter(person__in=users).count(),
        "outcomes": Outcome.objects.filter(person__in=users).count(),
        "feedback": Feedback.objects.filter(person__in=users).count(),
        "recalls": RecallUse.objects.filter(person__in=users).count(),
    }
    return [{"what": what, "count": count, "why": why} for what, count in counts.items()]


def _audit(subject: Subject) -> list[dict[str, Any]]:
    mine = AuditEvent.objects.filter(
        Q(actor__in=subject.ids) | Q(owner__in=subject.ids) | Q(object_ids__overlap=subject.ids)
    )
    reasons = mine.filter(actor__in=subject.ids).exclude(reason="")
    return [
        {
            "what": "audit events",
            "count": mine.count(),
            "why": "append-only proof of what was done; they name the person by an id that leads"
            " to no name any more",
        },
        {
            "what": "audit events with a reason the person gave",
            "count": reasons.count(),
            "why": "part of the same record: why a decision was taken",
        },
    ]
