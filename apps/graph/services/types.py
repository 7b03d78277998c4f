"""Types of relations: of which a subject has one object at a time. Administrators say."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.services import events
from apps.graph.core.names import is_type
from apps.graph.models import Decided, Relation, RelationStatus, RelationType
from apps.graph.services import conflicts, holding
from apps.graph.services.keeping import FUNCTIONAL
from apps.kernel import isolation
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.models import Organisation

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def of(organisation_id: int | None) -> list[RelationType]:
    """What is said of types, by name: the hub's own word where the organisation said nothing."""
    if organisation_id is None:
        return []
    said = {row.name: row for row in RelationType.objects.filter(organisation=organisation_id)}
    for name in FUNCTIONAL - said.keys():
        said[name] = RelationType(organisation_id=organisation_id, name=name, functional=True)
    return sorted(said.values(), key=lambda row: row.name)


def administered(actor: "Actor") -> int:
    """Row id of the organisation whose types the actor may set.

    Raises:
        Forbidden: of none.
    """
    organisation_id = access.administered(actor)
    if organisation_id is None:
        raise Forbidden("Administrators of the organisation say what types of relations mean.")
    return organisation_id


def declare(*, actor: "Actor", name: str, functional: bool) -> RelationType:
    """Say whether a subject has one object of this type at a time.

    Raises:
        Forbidden: the actor does not administer the organisation.
        Invalid: the name is none of a type.
    """
    organisation_id = administered(actor)
    organisation = Organisation.objects.get(pk=organisation_id)
    return set_functional(organisation=organisation, name=name, functional=functional, by=actor.by)


@transaction.atomic
def set_functional(
    *, organisation: Organisation, name: str, functional: bool, by: events.By = events.SYSTEM
) -> RelationType:
    """The same for an operator. What is there already is settled anew: what contradicts waits for
    a reviewer, or does not contradict any more. What a reviewer rejected stays rejected.

    Raises:
        Invalid: the name is none of a type.
    """
    if not is_type(name):
        raise Invalid("A type is up to 40 small letters, digits and underscores.", attr="name")
    with isolation.acting_in(organisation.pk):  # what contradicts may be hidden from who asks
        holding.lock(organisation.pk)
        row, _ = RelationType.objects.update_or_create(
            organisation=organisation, name=name, defaults={"functional": functional}
        )
        _apply(row)
    events.record(
        action="graph.type",
        by=by,
        object_type="organisation",
        object_ids=[organisation.public_id],
        detail={"name": name, "functional": functional},
    )
    return row


def _apply(row: RelationType) -> None:
    relations = Relation.objects.filter(organisation=row.organisation_id, type=row.name)
    changing = relations.exclude(functional=row.functional)
    status = RelationStatus.CONFLICTING if row.functional else RelationStatus.ACTIVE
    changing.filter(decision=Decided.REJECTED).update(functional=row.functional)
    changing.update(functional=row.functional, status=status)
    conflicts.settle(row.organisation_id)
