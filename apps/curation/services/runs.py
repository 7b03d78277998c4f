"""Starting, executing and resuming curation runs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.curation.models import CurationRun, RunState
from apps.curation.services import counsel, progress, rehearsal, withdrawals
from apps.curation.services.assessment import Assessed
from apps.curation.services.gathering import Gathered, gather
from apps.curation.services.policies import of_organisation
from apps.curation.services.progress import CancelledError, Meter, Progress, silent
from apps.curation.services.reconciliation import Changes, Reconciliation
from apps.kernel import clock, isolation, jobs, locks
from apps.kernel.errors import Conflict, Forbidden, ReadOnly
from apps.spaces import access
from apps.spaces.models import Membership, Organisation, Switch, SwitchKind
from apps.spaces.services import switches

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)

_SILENCE = timedelta(minutes=2)


class RunUnderWay(Conflict):
    """A run of this organisation is under way already."""

    code = "run_under_way"


def request(*, actor: "Actor", dry: bool = False) -> CurationRun:
    """Queue a run of the actor's organisation; a dry one changes nothing.

    Raises:
        Forbidden: the actor reviews nowhere in the organisation, or its token is limited to spaces.
        RunUnderWay: another run is queued or running.
        ReadOnly: the organisation is read-only.
        Paused: consolidation is paused.
    """
    resolved = access.of(actor)
    if resolved.organisation_id is None or not resolved.ids("review"):
        raise Forbidden("Only reviewers start curation runs.")
    if actor.token_spaces is not None:  # a run works on the whole organisation
        raise Forbidden("A token limited to spaces starts no curation runs.")
    organisation = Organisation.objects.get(pk=resolved.organisation_id)
    run = queue(organisation=organisation, requested_by=actor, dry=dry)
    jobs.enqueue("curation.run", run.pk)
    return run


@transaction.atomic
def queue(
    *, organisation: Organisation, requested_by: "Actor | None" = None, dry: bool = False
) -> CurationRun:
    """A queued run; the caller sees that it is executed.

    Raises:
        RunUnderWay: another run is queued or running.
        ReadOnly: the organisation is read-only.
        Paused: consolidation is paused; a dry run may still look.
    """
    if organisation.read_only:
        raise ReadOnly("The organisation is read-only right now; no run was started.")
    if not dry:
        switches.check(SwitchKind.CONSOLIDATION, organisation.pk)
    try:
        with transaction.atomic():
            run = CurationRun.objects.create(
                organisation=organisation,
                requested_by=requested_by.user if requested_by else None,
                dry=dry,
                created_at=clock.now(),
            )
    except IntegrityError:
        active = CurationRun.objects.unfinished().filter(organisation=organisation).first()
        raise RunUnderWay(_under_way(active)) from None
    events.record(
        action="run.request",
        by=requested_by.by if requested_by else events.By(organisation=organisation.public_id),
        object_type="run",
        object_ids=[run.public_id],
        detail={"dry": dry},
    )
    return run


@transaction.atomic
def cancel(*, actor: "Actor", run: CurationRun) -> CurationRun:
    """Have a run end before its next part; what it decides is written as a whole or not at all.

    A queued run ends at once, a running one within a part of a step or a round of questions; one
    that is writing already comes to its end. Asking twice changes nothing.

    Raises:
        Forbidden: the actor reviews nowhere in the organisation, or its token is limited to spaces.
        Conflict: the run has ended.
    """
    resolved = access.of(actor)
    if resolved.organisation_id != run.organisation_id or not resolved.ids("review"):
        raise Forbidden("Only reviewers cancel curation runs.")
    if actor.token_spaces is not None:
        raise Forbidden("A token limited to spaces cancels no curation runs.")
    run = CurationRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state not in {RunState.QUEUED, RunState.RUNNING}:
        raise Conflict(f"The run has ended: it is {run.get_state_display().lower()}.")
    if run.cancel_asked_at is None:
        _ask_to_end(run, actor.by)
    return run


@transaction.atomic
def cancel_of(person: User, by: events.By) -> int:
    """Have the runs end that a person asked for who is being switched off; returns how many."""
    rows = CurationRun.objects.unfinished().filter(requested_by=person, cancel_asked_at=None)
    home = Membership.objects.filter(person=person).values_list("organisation_id", flat=True)
    with isolation.acting_in(home.first()):  # who switches somebody off need not review
        ending = list(rows.select_for_update(of=("self",)).order_by("pk"))
        for run in ending:
            _ask_to_end(run, by, reason="deactivated")
    return len(ending)


def execute(*, run_id: int, follow: Progress = silent) -> CurationRun:
    """Carry out a queued run, or one whose worker died. Safe to call twice and from two workers.

    What it decides is written in one transaction, so a killed run leaves nothing half-done; what
    the screen read and what a language model answered before is kept.

    Args:
        follow: told of every step as it goes, beside the run's row.
    """
    run = CurationRun.objects.select_related("organisation").get(pk=run_id)
    with locks.session_lock(f"curation:{run.organisation_id}") as held:
        run.refresh_from_db(fields=["state"])
        if not held or run.state not in {RunState.QUEUED, RunState.RUNNING}:
            return run
        if _stopped(run) or not _begin(run):  # a queued run waits; `resume` asks again
            return run
        try:
            run.counts = _perform(run, follow)
        except CancelledError:
            _finish(run, RunState.CANCELLED)
        except Exception as error:
            _finish(run, RunState.FAILED, error=f"{type(error).__name__}, see the worker's log")
            raise
        else:
            _finish(run, RunState.DONE)
    return run


def resume() -> int:
    """Execute runs that are queued or running and silent for two minutes; returns how many."""
    quiet_since = clock.now() - _SILENCE
    stalled = [
        run
        for run in CurationRun.objects.unfinished().order_by("id")
        if (run.beat_at or run.created_at) < quiet_since
    ]
    for run in stalled:
        logger.warning("run_resumed", run=str(run.public_id))
        execute(run_id=run.pk)
    return len(stalled)


def nightly() -> int:
    """A run of every organisation that may be written to; returns how many were started."""
    started = 0
    for organisation in Organisation.objects.filter(read_only=False).order_by("pk"):
        try:
            run = queue(organisation=organisation)
        except (RunUnderWay, switches.Paused):
            continue
        jobs.enqueue("curation.run", run.pk)
        started += 1
    return started


def _ask_to_end(run: CurationRun, by: events.By, *, reason: str = "") -> None:
    """A queued run ends now, a running one when it looks next."""
    run.cancel_asked_at = clock.now()
    if run.state == RunState.QUEUED:
        run.state, run.finished_at = RunState.CANCELLED, run.cancel_asked_at
    run.save(update_fields=["cancel_asked_at", "state", "finished_at"])
    events.record(
        action="run.cancel",
        by=by,
        object_type="run",
        object_ids=[run.public_id],
        reason=reason,
    )


def _begin(run: CurationRun) -> bool:
    """Mark it as running; False when it was cancelled in this moment."""
    run.state, run.started_at, run.error = RunState.RUNNING, clock.now(), ""
    begun = CurationRun.objects.unfinished().filter(pk=run.pk)
    if begun.update(state=run.state, started_at=run.started_at, error=run.error):
        return True
    run.refresh_from_db()
    return False


def _stopped(run: CurationRun) -> bool:
    """Whether a switch stops it: consolidation is paused, or nothing at all may be written."""
    kinds = [SwitchKind.READ_ONLY] if run.dry else [SwitchKind.READ_ONLY, SwitchKind.CONSOLIDATION]
    return Switch.objects.over(run.organisation_id).on().filter(kind__in=kinds).exists()


def _overtaken(run: CurationRun, assessed: Sequence[Assessed]) -> bool:
    """Whether promotion was paused after something was decided without knowing so."""
    if switches.holding(SwitchKind.PROMOTION, run.organisation_id) is None:
        return False
    return any(not one.in_force.policy.kill_switch for one in assessed)


def _under_way(active: CurationRun | None) -> str:
    """Which run is in the way, and how far it is."""
    if active is None:
        return "A run of this organisation was under way a moment ago."
    told = progress.of(active)
    where = f", {told.percent:.0f} % done, at {told.step}" if told.step else ""
    return (
        f"A run of this organisation is under way already"
        f" ({active.public_id}, {active.state}{where})."
    )


def _perform(run: CurationRun, follow: Progress) -> dict[str, Any]:
    """Ask what a model must tell, read and decide, then write in one transaction."""
    now = clock.now()
    policy = of_organisation(run.organisation)  # of its own space: window and grouping
    asking = counsel.asks(policy)
    meter = Meter(run, asking=asking, follow=follow)
    advice = counsel.seek(run, policy, now, meter)
    reading = meter.under("rereading") if asking else meter
    gathered = gather(run.organisation, policy, now, reading, remember=not run.dry)
    grouping = advice.grouping(gathered, reading)
    meter("assessing")
    assessed = advice.assessed(run.organisation, gathered, grouping, now)
    meter("writing")
    if _stopped(run) or _overtaken(run, assessed):
        raise CancelledError
    with transaction.atomic():
        taken = withdrawals.settle(run.organisation, assessed)
        if taken.retracted:
            assessed = advice.assessed(run.organisation, gathered, grouping, now)
        changes = Reconciliation(run, gathered).apply(assessed)
        if run.dry:
            run.report = rehearsal.report(run)
            transaction.set_rollback(True)
    figures = {"withdrawn": asdict(taken), "seconds": meter.finish()}
    return _counts(gathered, len(assessed), changes) | advice.counts() | figures


def _counts(gathered: Gathered, clusters: int, changes: Changes) -> dict[str, Any]:
    return {
        "memories": len(gathered.memories),
        "screened": dict(sorted(gathered.marks.items())),
        "clusters": clusters,
        "verdicts": dict(sorted(changes.verdicts.items())),
        "reasons": dict(sorted(changes.reasons.items())),
        "new": {
            "decisions": changes.decisions,
            "published": changes.published,
            "requests": changes.requests,
            "corroborated": changes.corroborated,
        },
    }


def _finish(run: CurationRun, state: str, *, error: str = "") -> None:
    run.state, run.error, run.finished_at, run.step = state, error, clock.now(), ""
    run.save(update_fields=["state", "error", "finished_at", "counts", "report", "step"])
