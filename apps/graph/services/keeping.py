"""Bringing the graph to what memories say: entities, relations and evidence of a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef

from apps.graph.core.extraction import UNSPOKEN, Claim, Extract, Note, extract, phrases
from apps.graph.core.names import Name
from apps.graph.models import (
    Decided,
    Entity,
    Evidence,
    PersonalGraph,
    Relation,
    RelationStatus,
    RelationType,
)
from apps.graph.services import conflicts
from apps.kernel import clock
from apps.memories.models import Memory, Status
from apps.memories.services.drafts import PRIVATE
from apps.spaces.models import SpaceKind

FUNCTIONAL = frozenset(
    {"located_in", "reports_to", "owned_by", "managed_by", "status", "version", "part_of"}
)
"""Relation types of which a subject has one object at a time, until an organisation says else."""

Target = tuple[str, int]  # "entity" or "relation", and its row id


@dataclass(frozen=True, slots=True)
class Read:
    """A memory and what it says; None for one that the graph may not hold."""

    memory: Memory
    extract: Extract | None

    @property
    def realm(self) -> int:
        """Where its claims contradict others."""
        personal = self.memory.space.kind == SpaceKind.PERSONAL
        return self.memory.space_id if personal else 0


def keep(organisation_id: int, memories: Sequence[Memory]) -> None:
    """Make evidence of locked memories what they say now. The caller holds the graph's lock.

    What a memory does not say any more ends; what may not be in the graph is deleted.
    """
    read = [Read(memory, said) for memory, said in zip(memories, _extracts(memories), strict=True)]
    gone = [one.memory.pk for one in read if one.extract is None]
    Evidence.objects.filter(memory__in=gone).delete()
    kept = [one for one in read if one.extract is not None]
    live = Evidence.objects.live().filter(memory__in=[one.memory for one in kept])
    current = list(live.select_related("entity"))
    entities = _entities(organisation_id, kept, current)
    relations = _relations(organisation_id, kept, entities)
    wanted = {
        (one.memory.pk, target): confidence
        for one in kept
        for target, confidence in _targets(one, entities, relations)
    }
    _replace(kept, current, wanted)
    conflicts.settle(organisation_id)


def _extracts(memories: Sequence[Memory]) -> list[Extract | None]:
    allowed = [_may_be_read(memory) for memory in memories]
    chosen = set(
        PersonalGraph.objects.filter(
            space__in=[memory.space_id for memory in memories]
        ).values_list("space_id", flat=True)
    )
    notes = [
        _note(memory)
        if fine and (memory.space.kind != SpaceKind.PERSONAL or memory.space_id in chosen)
        else None
        for memory, fine in zip(memories, allowed, strict=True)
    ]
    known = _known(memories, notes)
    return [None if note is None else extract(note, known) for note in notes]


def _may_be_read(memory: Memory) -> bool:
    """Neither taken back nor sensitive nor private."""
    kept = memory.status in {Status.ACTIVE, Status.SUPERSEDED, Status.ARCHIVED}
    return kept and memory.sensitivity == "normal" and PRIVATE not in memory.tags


def _note(memory: Memory) -> Note:
    """What is read of it; of one that has expired nothing is said any more."""
    if memory.status == Status.ARCHIVED:
        return Note("", (), {}, memory.occurred_at)
    return Note(
        memory.text, memory.tags, memory.metadata, memory.occurred_at,
        memory.valid_from, memory.valid_to,
    )  # fmt: skip


def _known(memories: Sequence[Memory], notes: Sequence[Note | None]) -> frozenset[Name]:
    """Names that shared memories declared and that may stand in these texts."""
    shared = [
        note
        for memory, note in zip(memories, notes, strict=True)
        if note is not None and memory.space.kind != SpaceKind.PERSONAL
    ]
    here = {m.name for note in shared for m in extract(note).mentions if m.confidence == 1}
    said = {phrase for note in notes if note is not None for phrase in phrases(note.text)}
    declared = Evidence.objects.live().filter(entity=OuterRef("pk"), confidence=1)
    rows = (
        Entity.objects.filter(
            Exists(declared.exclude(space__kind=SpaceKind.PERSONAL)),
            organisation=memories[0].organisation_id,
            normalised__in=said,
        )
        .exclude(type__in=UNSPOKEN)
        .values_list("type", "normalised", "name")
        if said
        else ()
    )
    return frozenset(here | {Name(*row) for row in rows})


def _entities(
    organisation_id: int, read: Sequence[Read], current: Iterable[Evidence]
) -> Mapping[tuple[int, Name], Entity]:
    """Entities by memory and name: the one the memory was put to by a split, else the first."""
    names = {m.name for one in read for m in _said(one).mentions}
    now = clock.now()
    Entity.objects.bulk_create(
        (
            Entity(
                organisation_id=organisation_id, type=name.type, name=name.spelled,
                normalised=name.normalised, created_at=now,
            )
            for name in sorted(names)
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    first = {
        Name(row.type, row.normalised, row.name): row
        for row in Entity.objects.filter(
            organisation=organisation_id,
            normalised__in={name.normalised for name in names},
            serial=1,
        )
    }
    put = {
        (row.memory_id, Name(row.entity.type, row.entity.normalised, "")): row.entity
        for row in current
        if row.entity is not None
    }
    return {
        (one.memory.pk, m.name): put.get((one.memory.pk, m.name), first[m.name])
        for one in read
        for m in _said(one).mentions
    }


def _relations(
    organisation_id: int, read: Sequence[Read], entities: Mapping[tuple[int, Name], Entity]
) -> Mapping[tuple[Any, ...], int]:
    """Row ids of the relations that are claimed, by what makes them one."""
    claims = {
        _key(one, claim, entities): one.memory.updated_at
        for one in reversed(read)  # the first that says it
        for claim in _said(one).claims
    }
    if not claims:
        return {}
    functional = _functional(organisation_id, {key[2] for key in claims})
    by_id = {entity.pk: entity for entity in entities.values()}
    Relation.objects.bulk_create(
        (
            Relation(
                organisation_id=organisation_id, realm=realm, type=kind,
                subject_id=subject, object_id=other,
                subject_group=by_id[subject].group, object_group=by_id[other].group,
                valid=DateTimeTZRange(start, end),
                functional=kind in functional,
                status=RelationStatus.CONFLICTING if kind in functional else RelationStatus.ACTIVE,
                recorded_at=recorded_at,
            )
            for (subject, other, kind, realm, start, end), recorded_at in claims.items()
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    found = Relation.objects.filter(
        subject__in={key[0] for key in claims}, object__in={key[1] for key in claims}
    )
    ids = {_key_of(row): row.pk for row in found}
    relations = {key: ids[key] for key in claims}
    # One that comes back may contradict what holds by now: it is settled with the others
    found.filter(pk__in=relations.values(), functional=True, ended_at__isnull=False).exclude(
        decision=Decided.REJECTED
    ).update(status=RelationStatus.CONFLICTING)
    return relations


def _functional(organisation_id: int, types: set[str]) -> set[str]:
    """Those of the types that are functional. Known ones are written down when they first come, to
    be changed; other words of agents are not: they would outlive what said them."""
    RelationType.objects.bulk_create(
        (
            RelationType(organisation_id=organisation_id, name=name, functional=True)
            for name in sorted(types & FUNCTIONAL)
        ),
        ignore_conflicts=True,
    )
    known = RelationType.objects.filter(organisation=organisation_id, functional=True)
    return set(known.filter(name__in=types).values_list("name", flat=True))


def _targets(
    one: Read,
    entities: Mapping[tuple[int, Name], Entity],
    relations: Mapping[tuple[Any, ...], int],
) -> Iterable[tuple[Target, float]]:
    said = _said(one)
    for mention in said.mentions:
        yield ("entity", entities[one.memory.pk, mention.name].pk), mention.confidence
    for claim in said.claims:
        yield ("relation", relations[_key(one, claim, entities)]), claim.confidence


def _replace(
    read: Sequence[Read],
    current: Iterable[Evidence],
    wanted: Mapping[tuple[int, Target], float],
) -> None:
    """End what is not said any more, add what is new; what stays keeps its row."""
    memories = {one.memory.pk: one.memory for one in read}
    kept, ended = set(), []
    for row in current:
        key = (row.memory_id or 0, _target_of(row))
        if key in wanted:
            kept.add(key)
        else:
            ended.append(row.pk)
    Evidence.objects.filter(pk__in=ended).update(ended_at=clock.now())
    Evidence.objects.bulk_create(
        Evidence(
            space_id=memories[pk].space_id, memory=memories[pk], revision=memories[pk].revision,
            **{f"{kind}_id": target}, confidence=confidence, recorded_at=memories[pk].updated_at,
        )
        for (pk, (kind, target)), confidence in wanted.items()
        if (pk, (kind, target)) not in kept
    )  # fmt: skip


def _target_of(row: Evidence) -> Target:
    return ("entity", row.entity_id) if row.entity_id else ("relation", row.relation_id or 0)


def _said(one: Read) -> Extract:
    return one.extract or Extract()


def _key(
    one: Read, claim: Claim, entities: Mapping[tuple[int, Name], Entity]
) -> tuple[int, int, str, int, datetime | None, datetime | None]:
    ends = (entities[one.memory.pk, end].pk for end in (claim.subject, claim.object))
    subject, other = ends
    return (subject, other, claim.type, one.realm, claim.start, claim.end)


def _key_of(
    row: Relation,
) -> tuple[int, int, str, int, datetime | None, datetime | None]:
    valid = row.valid
    return (row.subject_id, row.object_id, row.type, row.realm, valid.lower, valid.upper)
