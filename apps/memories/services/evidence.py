"""Confirming and contradicting memories, and reporting how tasks ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.kernel import clock, isolation
from apps.kernel.errors import Conflict, Forbidden, LimitExceeded, ReadOnly
from apps.memories.models import (
    Confirmation,
    Memory,
    Outcome,
    OutcomeKind,
    OutcomeUse,
    Stance,
    Status,
)
from apps.spaces import access
from apps.spaces.models import Organisation
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

USES = 100


@transaction.atomic
def confirm(*, actor: "Actor", memory: Memory, note: str = "") -> Confirmation:
    """The actor has seen that it holds; moves `corroborated_at` unless it is the actor's own.

    Whoever answers for a memory proves nothing by saying it again, in person or by an agent: that
    is recorded and counts for nothing. Reading is enough; evidence is not editing.

    What is archived can be confirmed, too: what faded away is brought back for it.

    Raises:
        Conflict: the memory is neither active nor archived.
        ReadOnly: the space or its organisation takes no writes.
    """
    confirmation = _testify(actor, memory, Stance.CONFIRMED, note)
    if actor.principal.pk != memory.owner_id:
        Memory.objects.filter(pk=memory.pk).update(corroborated_at=confirmation.created_at)
    return confirmation


@transaction.atomic
def contradict(*, actor: "Actor", memory: Memory, note: str = "") -> Confirmation:
    """The actor has seen that it does not hold; the memory stays, the doubt is on record.

    Raises:
        Conflict: the memory is not active.
        ReadOnly: the space or its organisation takes no writes.
    """
    return _testify(actor, memory, Stance.CONTRADICTED, note)


@transaction.atomic
def report_outcome(
    *,
    actor: "Actor",
    task: str,
    success: bool,
    kind: str = OutcomeKind.OTHER,
    occurred_at: datetime | None = None,
    memory_ids: Sequence[UUID] = (),
) -> Outcome:
    """Record how a task ended and which memories it used.

    Ids need not be readable by the reporter: whoever was told an id may report on it, and nobody
    learns whether it exists.

    Raises:
        Forbidden: the actor belongs to no organisation.
        ReadOnly: the organisation takes no writes.
        LimitExceeded: more than 100 memories.
    """
    organisation_id = access.of(actor).organisation_id
    if organisation_id is None:
        raise Forbidden("You belong to no organisation.")
    if Organisation.objects.filter(pk=organisation_id, read_only=True).exists():
        raise ReadOnly("The organisation is read-only right now; nothing was written.")
    if len(memory_ids) > USES:
        raise LimitExceeded(
            f"memory_ids has {len(memory_ids)} entries; the limit is {USES}.", attr="memory_ids"
        )
    now = clock.now()
    outcome = Outcome.objects.create(
        organisation_id=organisation_id,
        reporter=actor.user,
        person=actor.principal,
        task=task,
        success=success,
        kind=kind,
        occurred_at=occurred_at or now,
        created_at=now,
    )
    _link(outcome, list(dict.fromkeys(memory_ids)))
    events.record(
        action="outcome.report",
        by=actor.by,
        object_type="outcome",
        object_ids=[outcome.public_id],
        detail={"success": success, "kind": kind, "memories": len(memory_ids)},
    )
    return outcome


def _link(outcome: Outcome, named: Sequence[UUID]) -> None:
    found = Memory.objects.filter(organisation_id=outcome.organisation_id, public_id__in=named)
    with isolation.reaching("organisation"):  # the reporter need not read what an id names
        known = {memory.public_id: memory for memory in found.only("public_id", "content_hash")}
    uses = []
    for public_id in named:
        memory = known.get(public_id)
        words = memory.content_hash if memory else ""
        uses.append(OutcomeUse(outcome=outcome, named=public_id, memory=memory, content_hash=words))
    OutcomeUse.objects.bulk_create(uses)


def _testify(actor: "Actor", memory: Memory, stance: str, note: str) -> Confirmation:
    takes = {Status.ACTIVE, Status.ARCHIVED} if stance == Stance.CONFIRMED else {Status.ACTIVE}
    if memory.status not in takes:
        raise Conflict(f"Only an active memory takes evidence; this one is {memory.status}.")
    writing.check_open(memory.space)
    confirmation = Confirmation.objects.create(
        memory=memory,
        user=actor.user,
        person=actor.principal,
        stance=stance,
        note=note,
        created_at=clock.now(),
    )
    events.record(
        action=f"memory.{'confirm' if stance == Stance.CONFIRMED else 'contradict'}",
        by=actor.by,
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
    )
    return confirmation
