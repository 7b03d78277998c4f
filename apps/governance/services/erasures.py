"""Erasing a person: asking for it, rehearsing it, carrying it out, resuming it, certifying it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.services import events, keys
from apps.governance.models import Erasure, JobState, LegalHold
from apps.governance.querysets import governed_by
from apps.governance.services import certificates, identity, remains, steps, subjects
from apps.kernel import clock, jobs, locks
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.spaces.models import Organisation, Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)

Told = Callable[[str, int], None]  # step, parts of it that are done

_SILENCE = timedelta(minutes=2)
_PASSES = 10  # each repeats what others wrote meanwhile; far more than ever needed


class Held(Conflict):
    """A legal hold keeps this; release the hold first."""

    code = "legal_hold"


def request(*, actor: "Actor", person: User, reason: str) -> Erasure:
    """Queue the erasure of a person of the actor's organisation; the same one if it is asked again.

    Raises:
        Forbidden: the actor does not administer the organisation, or asks for themselves.
        Invalid: an agent, somebody of another organisation, or no reason.
        Held: a legal hold on the person or the personal space.
        Unkeyed: no key could sign the certificate.
    """
    governed = governed_by(actor)
    if governed is None:
        raise Forbidden("Administrators of the organisation erase people, in person.")
    organisation = Organisation.objects.get(pk=governed)
    if person.pk == actor.user.pk:
        raise Forbidden("Another administrator must erase you: the request names who asked.")
    erasure = queue(organisation=organisation, person=person, reason=reason, requested_by=actor)
    if erasure.state == JobState.QUEUED:
        jobs.enqueue("governance.erase", erasure.pk)
    return erasure


@transaction.atomic
def queue(
    *,
    organisation: Organisation,
    person: User,
    reason: str,
    requested_by: "Actor | None" = None,
) -> Erasure:
    """A queued erasure; the caller sees that it is executed. The person is shut out at once.

    Raises:
        Invalid, Held, Unkeyed: as for `request`.
    """
    check(organisation, person)
    if not reason.strip():
        raise Invalid("An erasure needs a reason; it stands in the certificate.", attr="reason")
    keys.signer()
    earlier = Erasure.objects.filter(person=person).order_by("-pk").first()
    if earlier is not None and not _is_new_work(earlier):
        return earlier
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                organisation=organisation,
                person=person,
                requested_by=requested_by.user if requested_by else None,
                reason=reason,
                created_at=clock.now(),
            )
    except IntegrityError:
        raise Conflict("An erasure of this person is under way already.") from None
    by = requested_by.by if requested_by else events.By(organisation=organisation.public_id)
    identity.shut_out(person, by)
    _record("erasure.request", erasure, by)
    return erasure


def check(organisation: Organisation, person: User) -> None:
    """Whether a person may be erased.

    Raises:
        Invalid: an agent, or somebody of another organisation.
        Held: a legal hold on the person, an agent of theirs or the personal space; it is named.
    """
    if person.is_agent:
        raise Invalid("Agents are erased with the person they belong to.", attr="person")
    if not Space.objects.filter(organisation=organisation, person=person).exists():
        raise Invalid("There is no such person in the organisation.", attr="person")
    users = [one.pk for one in subjects.users_of(person)]
    hold = LegalHold.objects.on_person(person.pk, users).order_by("pk").first()
    if hold is not None:
        raise Held(
            f"Legal hold {hold.public_id} of {hold.placed_at:%Y-%m-%d} keeps what is this person's;"
            " nothing was erased. Release the hold first."
        )


def execute(*, erasure_id: int, told: Told | None = None) -> Erasure:
    """Carry out a queued erasure, or one whose worker died. Safe to call twice and at once.

    It holds the lock that curation runs take: while one is under way nothing happens, and the
    sweep tries again. Each part is a transaction that also counts what it did, so that a killed
    erasure goes on where it was and ends the same.
    """
    erasure = Erasure.objects.select_related("organisation", "person").get(pk=erasure_id)
    with locks.session_lock(f"curation:{erasure.organisation_id}") as held:
        erasure.refresh_from_db(fields=["state", "counts", "certificate"])
        if not held or erasure.state not in {JobState.QUEUED, JobState.RUNNING}:
            return erasure
        _save(erasure, state=JobState.RUNNING, started_at=erasure.started_at or clock.now())
        try:
            check(erasure.organisation, erasure.person)
            _perform(erasure, told or _silent)
        except Held as error:  # placed after it was asked for
            _save(erasure, state=JobState.FAILED, error=error.detail, finished_at=clock.now())
        except Exception as error:
            _save(erasure, error=f"{type(error).__name__}, see the worker's log")
            raise
    return erasure


def resume() -> int:
    """Execute erasures that are queued, or running and silent for two minutes; returns how many."""
    quiet_since = clock.now() - _SILENCE
    stalled = [
        erasure
        for erasure in Erasure.objects.unfinished().order_by("pk")
        if erasure.beat_at is None or erasure.beat_at < quiet_since
    ]
    for erasure in stalled:
        execute(erasure_id=erasure.pk)
    return len(stalled)


def complete() -> int:
    """Queue anew what an erasure left behind: a hold was released, or a write was under way."""
    found = 0
    done = Erasure.objects.filter(state=JobState.DONE).order_by("person_id", "-pk")
    for earlier in done.distinct("person_id").select_related("organisation", "person"):
        if not _is_new_work(earlier):
            continue
        try:
            erasure = queue(
                organisation=earlier.organisation,
                person=earlier.person,
                reason=f"Rest of erasure {earlier.public_id}.",
            )
        except Held:
            continue
        jobs.enqueue("governance.erase", erasure.pk)
        found += 1
    return found


def _is_new_work(earlier: Erasure) -> bool:
    """Whether an erasure is over and there is something of the person to erase all the same."""
    over = earlier.state in {JobState.DONE, JobState.FAILED}
    return over and (earlier.state == JobState.FAILED or subjects.of(earlier).own().exists())


def _perform(erasure: Erasure, told: Told) -> None:
    subject = subjects.of(erasure)
    for _ in range(_PASSES):
        changed = sum(_take(subject, name, parts(subject), told) for name, parts in steps.steps())
        if not changed:
            break
    _finish(erasure, subject)


def _take(subject: subjects.Subject, name: str, parts: steps.Parts, told: Told) -> int:
    """Do the parts of a step; returns how many rows they changed."""
    erasure, changed = subject.erasure, 0
    _save(erasure, step=name, beat_at=clock.now())
    for number, part in enumerate(parts, start=1):
        with transaction.atomic():
            counts = part()
            _count(erasure, counts)
        changed += sum(counts.values())
        told(name, number)
    return changed


def _count(erasure: Erasure, counts: Counter[str]) -> None:
    """Add to the counts in the transaction of what is counted."""
    known = Counter(erasure.counts)
    known.update({name: count for name, count in counts.items() if count})
    erasure.counts = dict(known)
    Erasure.objects.filter(pk=erasure.pk).update(counts=erasure.counts, beat_at=clock.now())


@transaction.atomic
def _finish(erasure: Erasure, subject: subjects.Subject) -> None:
    """State what remained, record it, sign it; all or nothing."""
    erasure.remained = remains.of(subject)
    erasure.finished_at = clock.now()
    by = events.By(
        actor=erasure.requested_by.public_id if erasure.requested_by else None,
        organisation=erasure.organisation.public_id,
    )
    event = _record("erasure.finish", erasure, by)
    _save(
        erasure,
        state=JobState.DONE,
        step="",
        error="",
        remained=erasure.remained,
        finished_at=erasure.finished_at,
        certificate=certificates.sign(erasure, event=str(event.public_id)),
    )


def _save(erasure: Erasure, **fields: object) -> None:
    for name, value in fields.items():
        setattr(erasure, name, value)
    Erasure.objects.filter(pk=erasure.pk).update(**fields)


def _record(action: str, erasure: Erasure, by: events.By) -> AuditEvent:
    return events.record(
        action=action,
        by=by,
        object_type="erasure",
        object_ids=[erasure.public_id, erasure.person.public_id],
        detail=dict(erasure.counts),
    )


def _silent(_step: str, _done: int) -> None:
    """Nobody follows."""
