"""Shared memories that several people called harmful: opened here, decided by a reviewer."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from apps.audit.services import events
from apps.curation.services import policies
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Status
from apps.memories.services import memories as memory_services
from apps.recall.models import Feedback, FeedbackVerdict, Report, ReportDecision
from apps.spaces import access
from apps.spaces.models import SpaceKind
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def open_where_due(memories: Sequence[Memory]) -> list[Report]:
    """Open a report for each of the locked memories that enough people have called harmful.

    Enough is what the policy of its space says. The owner does not count, nor what was said of
    other words, nor what a reviewer has judged already. A memory of a personal space has no
    reviewer but its own person.
    """
    shared = [
        memory
        for memory in memories
        if memory.space.kind != SpaceKind.PERSONAL and memory.status == Status.ACTIVE
    ]
    return [report for memory in shared if (report := _open_if_due(memory)) is not None]


@transaction.atomic
def settle(*, actor: "Actor", report: Report, decision: str, reason: str) -> Report:
    """A reviewer's word on a reported memory: it is kept as it is, or quarantined.

    Raises:
        Invalid: no reason, or another decision than "kept" or "quarantined".
        Forbidden: the actor does not review the space.
        Conflict: somebody has decided already, or the memory is no longer active.
        ReadOnly: the space or its organisation takes no writes.
    """
    if decision not in ReportDecision.values:
        raise Invalid("Decide to keep it or to quarantine it.", attr="decision")
    if not reason.strip():
        raise Invalid("A decision needs a reason.", attr="reason")
    memory = memory_services.lock(report.memory)
    if not access.of(actor).allows("review", memory.space_id):
        raise Forbidden("You may not review this space.")
    writing.check_open(memory.space)
    locked: Report = Report.objects.select_for_update().get(pk=report.pk)
    if locked.closed_at is not None:
        raise Conflict("Somebody has decided this already.")
    if decision == ReportDecision.QUARANTINED:
        if memory.status != Status.ACTIVE:
            raise Conflict(
                f"Only an active memory can be quarantined; this one is {memory.status}."
            )
        memory_services.move(memory, Status.QUARANTINED, actor=actor, reason=reason)
    locked.decision, locked.reason = decision, reason
    locked.closed_at, locked.closed_by = clock.now(), actor.user
    locked.save()
    _record(f"report.{decision}", locked, by=actor.by, reason=reason)
    return locked


def _open_if_due(memory: Memory) -> Report | None:
    now = clock.now()
    people = _people(memory, since=_last_judged(memory))
    policy = policies.in_force(memory.organisation_id, memory.space_id).policy
    if people < policy.harmful_people:
        return None
    report, opened = Report.objects.get_or_create(
        memory=memory, closed_at=None, defaults={"people": people, "opened_at": now}
    )
    if not opened:
        return None
    by = events.By(organisation=memory.organisation.public_id)
    _record("report.open", report, by=by, people=people)
    return report


def _people(memory: Memory, *, since: datetime | None) -> int:
    said = Feedback.objects.about([memory.pk]).filter(verdict=FeedbackVerdict.HARMFUL)
    fresh = said if since is None else said.filter(updated_at__gt=since)
    return fresh.order_by().values("person").distinct().count()


def _last_judged(memory: Memory) -> datetime | None:
    judged: datetime | None = memory.reports.aggregate(at=Max("closed_at"))["at"]
    return judged


def _record(
    action: str, report: Report, *, by: events.By, reason: str = "", **detail: object
) -> None:
    events.record(
        action=action,
        by=by,
        space=report.memory.space.public_id,
        object_type="memory",
        object_ids=[report.memory.public_id],
        reason=reason,
        detail={"report": str(report.public_id), **detail},
    )
