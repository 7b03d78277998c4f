"""Starting, executing and resuming runs of the archivist."""

from typing import TYPE_CHECKING, Any

import structlog
from django.db import IntegrityError, transaction

from apps.audit.services import events
from apps.consolidation.models import ConsolidationRun, RunState, RunStep, Trigger
from apps.consolidation.querysets import decidable
from apps.consolidation.services import policies, schedule, steps
from apps.consolidation.services.work import SILENCE, Follow, Work, silent
from apps.kernel import clock, jobs, locks
from apps.kernel.errors import Conflict, Forbidden
from apps.spaces.models import Space, SwitchKind
from apps.spaces.services import switches, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)


class ConsolidationUnderWay(Conflict):
    """A run of this space is under way already."""

    code = "consolidation_under_way"


def request(*, actor: "Actor", space: Space, dry: bool = False) -> ConsolidationRun:
    """Queue a run of a space; a dry one changes nothing.

    Raises:
        Forbidden: the actor neither reviews the space nor owns it.
        ConsolidationUnderWay: another run is queued or running.
        ReadOnly: the space or its organisation takes no writes.
    """
    if space.pk not in decidable(actor):
        raise Forbidden("You neither review this space nor own it.")
    run = queue(space=space, trigger=Trigger.REQUEST, requested_by=actor, dry=dry)
    jobs.enqueue("consolidation.run", run.pk)
    return run


@transaction.atomic
def queue(
    *,
    space: Space,
    trigger: str = Trigger.REQUEST,
    requested_by: "Actor | None" = None,
    dry: bool = False,
) -> ConsolidationRun:
    """A queued run; the caller sees that it is executed.

    Raises:
        ConsolidationUnderWay: another run is queued or running.
        ReadOnly: the space or its organisation takes no writes.
        Paused: consolidation is paused; a dry run may still look.
    """
    writing.check_open(space)
    if not dry:
        switches.check(SwitchKind.CONSOLIDATION, space.organisation_id)
    before = ConsolidationRun.objects.complete().filter(space=space).order_by("-id").first()
    try:
        with transaction.atomic():
            run = ConsolidationRun.objects.create(
                space=space,
                trigger=trigger,
                requested_by=requested_by.user if requested_by else None,
                dry=dry,
                policy_version=policies.in_force(space).version,
                seen_from=before.started_at if before else None,
                created_at=clock.now(),
            )
    except IntegrityError:
        raise ConsolidationUnderWay from None
    organisation = space.organisation.public_id
    events.record(
        action="consolidation.request",
        by=requested_by.by if requested_by else events.By(organisation=organisation),
        space=space.public_id,
        object_type="consolidation_run",
        object_ids=[run.public_id],
        detail={"dry": dry, "trigger": trigger},
    )
    return run


def execute(*, run_id: int, follow: Follow = silent) -> ConsolidationRun:
    """Carry out a queued run, or one whose worker died. Safe to call twice and from two workers.

    Steps that it finished are not repeated; the one it died in begins anew from what is there.
    """
    rows = ConsolidationRun.objects.select_related(
        "space__organisation", "space__person", "space__parent"
    )
    run: ConsolidationRun = rows.get(pk=run_id)
    with locks.session_lock(f"consolidation:{run.space_id}") as held:
        run.refresh_from_db(fields=["state"])
        if not held or run.state not in {RunState.QUEUED, RunState.RUNNING}:
            return run
        if _stopped(run):  # it waits; `resume` asks again
            return run
        _begin(run)
        try:
            if not _perform(run, follow):
                return run
        except Exception as error:
            _finish(run, RunState.FAILED, error=f"{type(error).__name__}, see the worker's log")
            raise
        _finish(run, RunState.DONE)
    return run


def resume() -> int:
    """Execute runs that are queued or running and silent for two minutes; returns how many."""
    quiet_since = clock.now() - SILENCE
    stalled = [
        run
        for run in ConsolidationRun.objects.unfinished().order_by("id")
        if (run.beat_at or run.created_at) < quiet_since
    ]
    for run in stalled:
        logger.warning("consolidation_resumed", run=str(run.public_id))
        execute(run_id=run.pk)
    return len(stalled)


def sweep() -> int:
    """Queue a run wherever one is due; returns how many."""
    started = 0
    for space, why in schedule.due_spaces(clock.now()):
        try:
            run = queue(space=space, trigger=why)
        except Conflict:  # read-only meanwhile, or somebody was faster
            continue
        jobs.enqueue("consolidation.run", run.pk)
        started += 1
    return started


def _begin(run: ConsolidationRun) -> None:
    now = clock.now()
    run.state, run.error, run.beat_at = RunState.RUNNING, "", now
    run.started_at = run.started_at or now
    run.save(update_fields=["state", "error", "beat_at", "started_at"])


def _stopped(run: ConsolidationRun) -> bool:
    """Whether consolidation is paused or nothing may be written; dry runs write nothing."""
    where = run.space.organisation_id
    kinds = (SwitchKind.CONSOLIDATION, SwitchKind.READ_ONLY)
    return not run.dry and any(switches.holding(kind, where) for kind in kinds)


def _perform(run: ConsolidationRun, follow: Follow) -> bool:
    """Step by step; False when a switch stops it between two, to be resumed later."""
    in_force = policies.in_force(run.space)
    work = Work(run, in_force.version, in_force.policy, follow)
    finished = set(run.steps.values_list("name", flat=True))
    for name, step in steps.STEPS:
        if name in finished:
            continue
        if _stopped(run):
            return False
        work.beat(name)
        counts = step(work)
        RunStep.objects.create(run=run, name=name, counts=counts, finished_at=clock.now())
    return True


def _finish(run: ConsolidationRun, state: str, *, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error, clock.now()
    run.counts = {step.name: step.counts for step in run.steps.all()}
    with transaction.atomic():
        run.save(update_fields=["state", "error", "finished_at", "counts"])
        events.record(
            action="consolidation.finish",
            by=events.By(organisation=run.space.organisation.public_id),
            space=run.space.public_id,
            object_type="consolidation_run",
            object_ids=[run.public_id],
            detail={"state": state, "dry": run.dry, **_flat(run.counts)},
        )


def _flat(counts: dict[str, Any]) -> dict[str, object]:
    return {
        f"{step}.{name}": value
        for step, own in counts.items()
        for name, value in own.items()
        if isinstance(value, int)
    }
