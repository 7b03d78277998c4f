"""Functional relations that contradict each other: which stand, and a reviewer's word on it."""

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.services import events
from apps.graph.core.claims import Holding, standing
from apps.graph.models import Decided, Relation, RelationStatus
from apps.graph.querysets import RelationQuerySet
from apps.graph.services import holding
from apps.kernel import clock, isolation
from apps.kernel.errors import Conflict, Forbidden

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

Slot = tuple[int, str, int]  # subject, type, realm


def settle(organisation_id: int) -> int:
    """Decide anew wherever something contradicts; returns how many relations changed.

    The caller holds the graph's lock. The first that was recorded stands until a reviewer says
    otherwise; the others wait for one, visible as conflicting.
    """
    waiting = Relation.objects.filter(organisation=organisation_id).conflicting()
    changed = 0
    for slot in sorted(set(waiting.values_list("subject_group", "type", "realm"))):
        changed += _settle(organisation_id, slot)
    return changed


@transaction.atomic
def decide(*, actor: "Actor", relation: Relation, accept: bool) -> Relation:
    """A reviewer's word: it stands and what contradicts it does not, or it is rejected.

    Raises:
        Forbidden: the actor reviews no space with evidence of it.
        Conflict: nothing says it any more, or it is of a type that contradicts nothing.
    """
    if not Relation.objects.reviewed_by(actor).filter(pk=relation.pk).exists():
        raise Forbidden("Reviewers of a space with evidence decide about a relation.")
    with isolation.acting_in(relation.organisation_id):  # what it contradicts may be hidden
        holding.lock(relation.organisation_id)
        relation.refresh_from_db()
        if not relation.functional or relation.ended_at is not None:
            raise Conflict("Only what is still said, and of a functional type, can be decided.")
        relation.decision = Decided.ACCEPTED if accept else Decided.REJECTED
        relation.status = RelationStatus.CONFLICTING if accept else RelationStatus.REJECTED
        relation.decided_by, relation.decided_at = actor.user, clock.now()
        relation.save(update_fields=["decision", "status", "decided_by", "decided_at"])
        if accept:
            _overrule(relation)
        _settle(relation.organisation_id, (relation.subject_group, relation.type, relation.realm))
        relation.refresh_from_db()
    events.record(
        action=f"graph.{'accept' if accept else 'reject'}",
        by=actor.by,
        object_type="relation",
        object_ids=[relation.public_id],
    )
    return relation


def _overrule(relation: Relation) -> None:
    """An earlier word for what contradicts this one is taken back: the newest counts."""
    accepted = _slot_rows(
        relation.organisation_id, (relation.subject_group, relation.type, relation.realm)
    ).filter(decision=Decided.ACCEPTED, valid__overlap=relation.valid)
    accepted.exclude(object_group=relation.object_group).update(decision=Decided.NOT)


def _slot_rows(organisation_id: int, slot: Slot) -> RelationQuerySet:
    subject, kind, realm = slot
    return Relation.objects.live().filter(
        organisation=organisation_id, subject_group=subject, type=kind, realm=realm,
        functional=True,
    )  # fmt: skip


def _settle(organisation_id: int, slot: Slot) -> int:
    rows = list(_slot_rows(organisation_id, slot).exclude(decision=Decided.REJECTED))
    stand = standing(
        Holding(
            row.pk, row.object_group, row.valid.lower, row.valid.upper, row.recorded_at,
            row.decision == Decided.ACCEPTED,
        )
        for row in rows
    )  # fmt: skip
    moves: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        status = RelationStatus.ACTIVE if row.pk in stand else RelationStatus.CONFLICTING
        if row.status != status:
            moves[status].append(row.pk)
    for status in (RelationStatus.CONFLICTING, RelationStatus.ACTIVE):  # first make room
        Relation.objects.filter(pk__in=moves[status]).update(status=status)
    return sum(map(len, moves.values()))
