"""Starting, executing, resuming and undoing runs of decay."""

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction

from apps.audit.services import events
from apps.decay.models import DecayRun, RunState
from apps.decay.services import moving, reckoning
from apps.decay.services.moving import Told, silent
from apps.kernel import clock, jobs, locks
from apps.kernel.errors import Conflict, Forbidden, ReadOnly
from apps.memories.models import Memory, Status
from apps.spaces import access
from apps.spaces.models import Organisation, SwitchKind
from apps.spaces.services import organisations, switches

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)

_SILENCE = timedelta(minutes=2)


class DecayUnderWay(Conflict):
    """A decay run of this organisation is under way already."""

    code = "decay_under_way"


def request(*, actor: "Actor", dry: bool = True) -> DecayRun:
    """Queue a run of the actor's organisation; a dry one changes nothing.

    Raises:
        Forbidden: the actor reviews nowhere, or for a real run does not manage the organisation's
            space; or its token is limited to spaces.
        DecayUnderWay: another run is queued or under way.
        ReadOnly: the organisation is read-only.
        Paused: consolidation is paused; a dry run may still look.
    """
    organisation = _organisation(actor, manage=not dry)
    run = queue(organisation=organisation, requested_by=actor, dry=dry)
    jobs.enqueue("decay.run", run.pk)
    return run


@transaction.atomic
def queue(
    *, organisation: Organisation, requested_by: "Actor | None" = None, dry: bool = False
) -> DecayRun:
    """A queued run; the caller sees that it is executed.

    Raises:
        DecayUnderWay: another run is queued or under way.
        ReadOnly: the organisation is read-only.
        Paused: consolidation is paused; a dry run may still look.
    """
    if organisation.read_only:
        raise ReadOnly("The organisation is read-only right now; no run was started.")
    if not dry:
        switches.check(SwitchKind.CONSOLIDATION, organisation.pk)
    now = clock.now()
    try:
        with transaction.atomic():
            run = DecayRun.objects.create(
                organisation=organisation,
                requested_by=requested_by.user if requested_by else None,
                dry=dry,
                moment=now,
                created_at=now,
            )
    except IntegrityError:
        raise DecayUnderWay from None
    _record("decay.request", run, requested_by.by if requested_by else _hub(run))
    return run


@transaction.atomic
def ask_to_undo(*, actor: "Actor", run: DecayRun) -> DecayRun:
    """Have everything that a run archived brought back, but what is said anew or gone since.

    Raises:
        Forbidden: the actor does not manage the organisation's space.
        Conflict: the run was dry, has not ended or is undone.
        DecayUnderWay: another run is queued or under way.
    """
    organisation = _organisation(actor, manage=True)
    locked = DecayRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if organisation.pk != locked.organisation_id:
        raise Forbidden("This is a run of another organisation.")
    undoing(run=locked, by=actor)
    jobs.enqueue("decay.run", locked.pk)
    return locked


@transaction.atomic
def undoing(*, run: DecayRun, by: "Actor | None" = None) -> None:
    """Mark a locked run as to be undone; the caller sees that it is executed.

    Raises:
        Conflict: the run was dry, has not ended or is undone.
        DecayUnderWay: another run is queued or under way.
    """
    if run.dry or run.state not in {RunState.DONE, RunState.FAILED}:
        raise Conflict(f"Only a real run that has ended can be undone; this one is {run.state}.")
    run.state, run.undone_by, run.beat_at = RunState.UNDOING, by.user if by else None, None
    try:
        with transaction.atomic():
            run.save(update_fields=["state", "undone_by", "beat_at"])
    except IntegrityError:
        raise DecayUnderWay from None
    _record("decay.undo", run, by.by if by else _hub(run))


def execute(*, run_id: int, told: Told = silent) -> DecayRun:
    """Carry out what is queued, or go on where a killed worker was. Safe twice and at once.

    Under the lock of curation runs, erasures and retention: while one of them is under way nothing
    happens, and the sweep tries again. Each batch is a transaction that also counts what it did.
    A run that a switch stops, also between two batches, waits and goes on when it is lifted.

    Args:
        run_id: row id.
        told: called after each batch with the step and how many memories it has done.
    """
    run = DecayRun.objects.select_related("organisation").get(pk=run_id)
    with locks.session_lock(f"curation:{run.organisation_id}") as held:
        run.refresh_from_db(fields=["state", "counts", "beat_at"])
        if not held or run.state not in {RunState.QUEUED, RunState.RUNNING, RunState.UNDOING}:
            return run
        try:
            _perform(run, told)
        except switches.Paused:
            logger.info("decay_waits", run=str(run.public_id))
        except Exception as error:
            _save(run, state=RunState.FAILED, error=type(error).__name__, finished_at=clock.now())
            raise
    return run


def resume() -> int:
    """Execute runs that are under way and silent for two minutes; returns how many."""
    quiet_since = clock.now() - _SILENCE
    stalled = [
        run
        for run in DecayRun.objects.unfinished().order_by("pk")
        if (run.beat_at or run.created_at) < quiet_since and not moving.stopped(run)
    ]
    for run in stalled:
        logger.warning("decay_resumed", run=str(run.public_id))
        execute(run_id=run.pk)
    return len(stalled)


def nightly() -> int:
    """A run of every organisation that may be written to; returns how many were started."""
    started = 0
    for organisation in Organisation.objects.filter(read_only=False).order_by("pk"):
        try:
            run = queue(organisation=organisation)
        except (DecayUnderWay, switches.Paused):
            continue
        jobs.enqueue("decay.run", run.pk)
        started += 1
    return started


def _perform(run: DecayRun, told: Told) -> None:
    """Everything the run is for.

    Raises:
        Paused: a switch stops it; what is done stays done and counted.
    """
    moving.heed(run)
    if run.state == RunState.UNDOING:
        _save(run, beat_at=clock.now())
        moving.undo(run, told)
        _finish(run, RunState.UNDONE, "decay.undone")
        return
    if run.state == RunState.QUEUED:
        active = Memory.objects.filter(organisation=run.organisation, status=Status.ACTIVE)
        _save(run, state=RunState.RUNNING, beat_at=clock.now(), counts={"memories": active.count()})
    kept: dict[str, int] = {}
    for group in reckoning.groups(run.organisation_id):
        moving.heed(run)
        found = reckoning.faded(group, run.moment)
        _save(run, beat_at=clock.now())
        for code, count in found.kept.items():
            kept[code] = kept.get(code, 0) + count
        moving.archive(run, found, told)
        moving.revive(run, reckoning.returning(group, run.moment), told)
    _save(run, counts={**run.counts, "kept": kept})
    _finish(run, RunState.DONE, "decay.finish")


def _finish(run: DecayRun, state: str, action: str) -> None:
    with transaction.atomic():
        _save(run, state=state, error="", finished_at=clock.now())
        _record(action, run, _hub(run))


def _organisation(actor: "Actor", *, manage: bool) -> Organisation:
    """The actor's organisation, if the actor may have decay run in it."""
    resolved = access.of(actor)
    if resolved.organisation_id is None or not resolved.ids("review"):
        raise Forbidden("Only reviewers start decay runs.")
    if actor.token_spaces is not None:  # a run works on the whole organisation
        raise Forbidden("A token limited to spaces starts no decay runs.")
    organisation: Organisation = Organisation.objects.get(pk=resolved.organisation_id)
    if manage and not resolved.allows("manage", organisations.root_of(organisation).pk):
        raise Forbidden("Only who manages the organisation's space starts or undoes a real run.")
    return organisation


def _save(run: DecayRun, **fields: object) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    DecayRun.objects.filter(pk=run.pk).update(**fields)


def _hub(run: DecayRun) -> events.By:
    return events.By(organisation=run.organisation.public_id)


def _record(action: str, run: DecayRun, by: events.By) -> None:
    counts = {name: value for name, value in run.counts.items() if isinstance(value, int)}
    events.record(
        action=action,
        by=by,
        object_type="decay_run",
        object_ids=[run.public_id],
        detail={"dry": run.dry, **counts},
    )
