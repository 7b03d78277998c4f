"""Retention: who keeps what how long, what that would do, and doing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from apps.audit.services import events
from apps.governance.core import retention as core
from apps.governance.models import (
    JobState,
    RetentionAction,
    RetentionBasis,
    RetentionRule,
    RetentionRun,
)
from apps.governance.querysets import governed_by
from apps.governance.services import blanking
from apps.governance.services.subjects import held
from apps.governance.services.warrants import Warrant
from apps.kernel import clock, locks
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Status
from apps.memories.services import memories
from apps.spaces.models import Organisation, Space
from apps.spaces.services import tree

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

SAMPLE = 10  # ids of each row of a report
_BATCH = 200
REASON = "retention"


@dataclass(frozen=True, slots=True)
class _Due:
    """Memories of one kind in one space that are past their time under one rule."""

    rule: core.Rule
    space: UUID
    kind: str
    free: QuerySet[Memory]
    held: QuerySet[Memory]


@transaction.atomic
def rule(
    *,
    actor: "Actor",
    space: UUID,
    action: str,
    reason: str,
    kind: str = "",
    max_age_days: int | None = None,
    basis: str = RetentionBasis.CONFIRMED,
) -> RetentionRule:
    """A new version of the rule for a kind in a space and below; nothing happens before a dry run.

    Raises:
        Forbidden: the actor does not administer the organisation.
        Invalid: no such space, an age with `keep` or none without it, or no reason.
    """
    governed = _governed(actor)
    found = Space.objects.select_for_update().filter(organisation=governed, public_id=space).first()
    if found is None:
        raise Invalid("There is no such space in the organisation.", attr="space")
    if (action == RetentionAction.KEEP) != (max_age_days is None):
        raise Invalid("max_age_days goes with archive and delete only.", attr="max_age_days")
    if not reason.strip():
        raise Invalid("A retention rule needs a reason.", attr="reason")
    last = RetentionRule.objects.filter(space=found, kind=kind).order_by("-version").first()
    made = RetentionRule.objects.create(
        space=found,
        kind=kind,
        version=last.version + 1 if last else 1,
        action=action,
        max_age_days=max_age_days,
        basis=basis,
        reason=reason,
        author=actor.user,
        created_at=clock.now(),
    )
    events.record(
        action="retention.change",
        by=actor.by,
        space=found.public_id,
        object_type="retention_rule",
        object_ids=[made.public_id],
        detail={"version": made.version, "action": action, "days": max_age_days},
    )
    return made


def rehearse(*, actor: "Actor") -> RetentionRun:
    """A dry run: what would go now, by space and kind. It lets rules made before it take effect.

    Raises:
        Forbidden: the actor does not administer the organisation.
    """
    return rehearsed(organisation=_governed(actor), actor=actor)


@transaction.atomic
def rehearsed(*, organisation: Organisation, actor: "Actor | None" = None) -> RetentionRun:
    """The dry run of an organisation."""
    now = clock.now()
    due = list(_due(organisation, now))
    rows = [_row(one) for one in due]
    run = RetentionRun.objects.create(
        organisation=organisation,
        requested_by=actor.user if actor else None,
        dry=True,
        state=JobState.DONE,
        report=[row for row in rows if row["count"]],
        held=sum(one.held.count() for one in due),
        created_at=now,
        finished_at=now,
    )
    by = actor.by if actor else events.By(organisation=organisation.public_id)
    _record("retention.rehearse", run, by)
    return run


def enforce(*, organisation: Organisation) -> RetentionRun:
    """Archive and erase what is due under rules that a dry run came after.

    Under the lock of curation runs, in batches: what a killed run left is due in the next one.

    Raises:
        Conflict: a curation run, an erasure or another retention run is under way.
    """
    with locks.session_lock(f"curation:{organisation.pk}") as mine:
        if not mine:
            raise Conflict("A curation run or an erasure is under way; try again later.")
        now = clock.now()
        run = RetentionRun.objects.create(
            organisation=organisation, dry=False, state=JobState.RUNNING, created_at=now
        )
        for due in _due(organisation, now, rehearsed_only=True):
            row = {**_row(due), "count": 0}
            run.held += due.held.count()
            while batch := _take(run, due):
                row["count"] += batch
            if row["count"]:
                run.report.append(row)
        run.state, run.finished_at = JobState.DONE, clock.now()
        run.save()
        if run.done:
            _record("retention.enforce", run, events.By(organisation=organisation.public_id))
    return run


def nightly() -> int:
    """Enforce the rules of every organisation that has some; returns how many memories went."""
    done = 0
    ruled = RetentionRule.objects.values("space__organisation")
    for organisation in Organisation.objects.filter(pk__in=ruled, read_only=False).order_by("pk"):
        try:
            done += enforce(organisation=organisation).done
        except Conflict:  # the next night finds it
            continue
    return done


def _due(
    organisation: Organisation, now: datetime, *, rehearsed_only: bool = False
) -> Iterator[_Due]:
    """What is past its time, by space and kind; closed spaces are left alone."""
    rules = core.newest(_rules(organisation, rehearsed_only=rehearsed_only))
    parent_of = tree.parents(organisation.pk)
    kept = held(organisation.pk)
    groups = (
        Memory.objects.filter(organisation=organisation, space__read_only=False)
        .exclude(status=Status.ERASED)
        .order_by("space", "kind")
        .values_list("space_id", "space__public_id", "kind")
        .distinct()
    )
    for space_id, public_id, kind in groups:
        found = core.in_force(rules, space=space_id, kind=kind, parent_of=parent_of)
        before = found.before(now) if found else None
        if found is not None and before is not None:
            old = _older(space_id, kind, found, before)
            yield _Due(found, public_id, kind, old.exclude(pk__in=kept), old.filter(pk__in=kept))


def _older(space_id: int, kind: str, rule: core.Rule, before: datetime) -> QuerySet[Memory]:
    since = F("created_at")
    confirmed = Greatest("created_at", "corroborated_at")  # nulls do not count
    found = Memory.objects.filter(space_id=space_id, kind=kind).alias(
        since=confirmed if rule.basis == "confirmed" else since
    )
    old = found.filter(since__lt=before)
    if rule.action == "archive":
        return old.filter(status=Status.ACTIVE)
    return old.exclude(status=Status.ERASED)


def _rules(organisation: Organisation, *, rehearsed_only: bool) -> Iterator[core.Rule]:
    """Rules; with `rehearsed_only` those that were there at the last dry run."""
    rows = RetentionRule.objects.filter(space__organisation=organisation)
    if rehearsed_only:
        dry = RetentionRun.objects.filter(organisation=organisation, dry=True).order_by("-pk")
        last = dry.first()
        rows = rows.filter(created_at__lte=last.created_at) if last else rows.none()
    for row in rows:
        yield core.Rule(
            id=row.pk,
            space=row.space_id,
            kind=row.kind,
            version=row.version,
            action=cast("core.Action", row.action),
            max_age_days=row.max_age_days,
            basis=cast("core.Basis", row.basis),
        )


def _row(due: _Due) -> dict[str, Any]:
    ids = due.free.order_by("pk").values_list("public_id", flat=True)[:SAMPLE]
    return {
        "space": str(due.space),
        "kind": due.kind,
        "action": due.rule.action,
        "rule": due.rule.id,
        "version": due.rule.version,
        "max_age_days": due.rule.max_age_days,
        "count": due.free.count(),
        "ids": [str(one) for one in ids],
    }


@transaction.atomic
def _take(run: RetentionRun, due: _Due) -> int:
    """Archive or erase the next few, and count them; 0 when nothing is left."""
    rows = due.free.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    locked = list(rows.select_related("space")[:_BATCH])
    if not locked:
        return 0
    if due.rule.action == "archive":
        for memory in locked:
            memories.move(memory, Status.ARCHIVED, actor=None, reason=REASON)
    else:
        blanking.blank(Warrant(run.public_id, run.organisation_id), locked)
    events.record(
        action="memory.archive" if due.rule.action == "archive" else "memory.erase",
        by=events.By(organisation=run.organisation.public_id),
        space=due.space,
        object_type="memory",
        object_ids=[memory.public_id for memory in locked],
        reason=REASON,
        detail={"rule": due.rule.id, "run": str(run.public_id)},
    )
    run.done += len(locked)
    RetentionRun.objects.filter(pk=run.pk).update(done=run.done)
    return len(locked)


def _governed(actor: "Actor") -> Organisation:
    governed = governed_by(actor)
    if governed is None:
        raise Forbidden("Administrators of the organisation decide on retention, in person.")
    organisation: Organisation = Organisation.objects.get(pk=governed)
    return organisation


def _record(action: str, run: RetentionRun, by: events.By) -> None:
    events.record(
        action=action,
        by=by,
        object_type="retention_run",
        object_ids=[run.public_id],
        detail={"memories": sum(row["count"] for row in run.report), "held": run.held},
    )
