"""Merging entities that are one, splitting one that is two, and taking either back exactly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from apps.audit.services import events
from apps.graph.models import Act, Change, Entity, Evidence, Relation, RelationStatus
from apps.graph.querysets import EntityChangeQuerySet
from apps.graph.services import conflicts, holding, keeping, sources
from apps.kernel import clock, isolation
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@transaction.atomic
def merge(*, actor: "Actor", kept: Entity, other: Entity) -> Change:
    """From now on `kept` stands for both, with everything that was merged into them before.

    Raises:
        Forbidden: the actor does not review a space that speaks of each.
        Invalid: they are one already.
    """
    _check_reviews(actor, kept, other)
    with isolation.acting_in(kept.organisation_id):
        holding.lock(kept.organisation_id)
        kept, other = _standing(kept), _standing(other)
        if kept.pk == other.pk:
            raise Invalid("These are one entity already.", attr="other")
        members = Entity.objects.filter(Q(pk=other.pk) | Q(merged_into=other.pk))
        moved = sorted(members.values_list("pk", flat=True))
        _regroup(kept.organisation_id, moved, kept.pk)
    return _record(actor, Act.MERGE, kept, other, moved)


@transaction.atomic
def split(*, actor: "Actor", entity: Entity, memories: Sequence[Memory]) -> Change:
    """What these memories speak of is another thing of the same name: they get an entity of it.

    Args:
        memories: some, not all, of those that speak of the entity; the actor sees each.

    Raises:
        Forbidden: the actor does not review a space that speaks of it.
        Invalid: none, or one that does not speak of it.
        Conflict: nothing would be left.
    """
    _check_reviews(actor, entity)
    with isolation.acting_in(entity.organisation_id):
        holding.lock(entity.organisation_id)
        ids = {memory.pk for memory in memories}
        saying = Evidence.objects.live().filter(entity=entity)
        told = set(saying.values_list("memory_id", flat=True))
        if not ids or not ids <= told:
            raise Invalid("Each memory must speak of the entity.", attr="memories")
        if ids == told:
            raise Conflict("At least one memory must stay with the entity.")
        new = _twin(entity)
        _put(entity.organisation_id, sorted(ids), entity.pk, new.pk)
    return _record(actor, Act.SPLIT, entity, new, sorted(ids))


@transaction.atomic
def undo(*, actor: "Actor", change: Change) -> Change:
    """Take a merge or a split back; the newest of these entities first.

    Raises:
        Forbidden: the actor does not review a space that speaks of each.
        Conflict: undone already, a later change stands on it, or an entity is gone.
    """
    ends = [Entity.objects.filter(pk=pk).first() for pk in (change.kept, change.other)]
    kept, other = ends
    if kept is None or other is None:
        raise Conflict("One of the entities is gone with its last evidence.")
    _check_reviews(actor, kept, other)
    with isolation.acting_in(change.organisation_id):
        holding.lock(change.organisation_id)
        change.refresh_from_db()
        if change.undone_at is not None or _later(change).exists():
            raise Conflict("It was undone already, or a later change must be undone first.")
        if change.act == Act.MERGE:
            _regroup(change.organisation_id, change.moved, change.other)
        else:
            _put(change.organisation_id, change.moved, change.other, change.kept)
        change.undone_at = clock.now()
        change.save(update_fields=["undone_at"])
    _event(actor, f"graph.undo_{change.act}", kept, other)
    return change


def _check_reviews(actor: "Actor", *entities: Entity) -> None:
    reviewed = access.of(actor).ids("review")
    if not all(reviewed & set(entity.known_spaces) for entity in entities):
        raise Forbidden("Reviewers of spaces that speak of each entity merge and split them.")


def _standing(entity: Entity) -> Entity:
    return Entity.objects.get(pk=Entity.objects.get(pk=entity.pk).group)


def _later(change: Change) -> EntityChangeQuerySet:
    ends = [change.kept, change.other]
    touched = Q(kept__in=ends) | Q(other__in=ends)
    if change.act == Act.MERGE:
        touched |= Q(act=Act.MERGE, other__in=change.moved)
    return Change.objects.filter(
        touched,
        organisation=change.organisation_id,
        pk__gt=change.pk,
        undone_at__isnull=True,
    )


def _regroup(organisation_id: int, members: Sequence[int], into: int) -> None:
    """Make `into` stand for the members; what may contradict now is settled anew."""
    Entity.objects.filter(pk__in=members).exclude(pk=into).update(merged_into=into)
    Entity.objects.filter(pk=into).update(merged_into=None)
    touched = Relation.objects.filter(Q(subject__in=members) | Q(object__in=members))
    touched.filter(functional=True, status=RelationStatus.ACTIVE).update(
        status=RelationStatus.CONFLICTING
    )
    Relation.objects.filter(subject__in=members).update(subject_group=into)
    Relation.objects.filter(object__in=members).update(object_group=into)
    conflicts.settle(organisation_id)


def _twin(entity: Entity) -> Entity:
    same = Entity.objects.filter(
        organisation=entity.organisation_id, type=entity.type, normalised=entity.normalised
    )
    last = same.order_by("-serial").first()
    return Entity.objects.create(
        organisation_id=entity.organisation_id,
        type=entity.type,
        name=entity.name,
        normalised=entity.normalised,
        serial=(last.serial if last else 1) + 1,
        created_at=clock.now(),
    )


def _put(organisation_id: int, ids: Sequence[int], old: int, new: int) -> None:
    """Let memories speak of `new` where they spoke of `old`, and read their claims again."""
    ends = Relation.objects.filter(Q(subject=old) | Q(object=old))
    Evidence.objects.filter(memory__in=ids, relation__in=ends).delete()
    moving = list(Evidence.objects.filter(entity=old, memory__in=ids))
    Evidence.objects.bulk_create(
        Evidence(
            space_id=row.space_id, memory_id=row.memory_id, revision=row.revision, entity_id=new,
            confidence=row.confidence, recorded_at=row.recorded_at, ended_at=row.ended_at,
        )
        for row in moving
    )  # fmt: skip
    Evidence.objects.filter(pk__in=[row.pk for row in moving]).delete()
    memories = Memory.objects.filter(pk__in=ids).select_related("space").order_by("pk")
    keeping.keep(organisation_id, sources.of_memories(list(memories)))


def _record(actor: "Actor", act: str, kept: Entity, other: Entity, moved: Sequence[int]) -> Change:
    change = Change.objects.create(
        organisation_id=kept.organisation_id,
        act=act,
        kept=kept.pk,
        other=other.pk,
        moved=list(moved),
        by=actor.user,
        created_at=clock.now(),
    )
    _event(actor, f"graph.{act}", kept, other)
    return change


def _event(actor: "Actor", action: str, kept: Entity, other: Entity) -> None:
    events.record(
        action=action,
        by=actor.by,
        object_type="entity",
        object_ids=[kept.public_id, other.public_id],
    )
