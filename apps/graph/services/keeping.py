"""Bringing the graph to what its sources say: entities, relations and evidence of a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q

from apps.graph.core.extraction import UNSPOKEN, Claim, Extract, extract, phrases
from apps.graph.core.hearing import heard
from apps.graph.core.names import Name
from apps.graph.models import (
    Decided,
    Entity,
    Evidence,
    Reading,
    Relation,
    RelationStatus,
    RelationType,
)
from apps.graph.querysets import EvidenceQuerySet
from apps.graph.services import conflicts
from apps.graph.services.sources import Key, Source
from apps.kernel import clock
from apps.spaces.models import SpaceKind

FUNCTIONAL = frozenset(
    {"located_in", "reports_to", "owned_by", "managed_by", "status", "version", "part_of"}
)
"""Relation types of which a subject has one object at a time, until an organisation says else."""

Target = tuple[str, int]  # "entity" or "relation", and its row id


@dataclass(frozen=True, slots=True)
class Read:
    """A source that the graph may hold, and what it says."""

    source: Source
    said: Extract


def keep(organisation_id: int, sources: Sequence[Source]) -> None:
    """Make evidence of locked sources what they say now. The caller holds the graph's lock.

    What a source does not say any more ends; what may not be in the graph is deleted.
    """
    gone = [one for one in sources if one.note is None]
    _evidence(gone).delete()
    Reading.objects.filter(memory__in=[one.pk for one in gone if one.kind == "memory"]).delete()
    kept = _read(organisation_id, [one for one in sources if one.note is not None])
    current = list(_evidence([one.source for one in kept]).live().select_related("entity"))
    entities = _entities(organisation_id, kept, current)
    relations = _relations(organisation_id, kept, entities)
    wanted = {
        (one.source.key, target): confidence
        for one in kept
        for target, confidence in _targets(one, entities, relations)
    }
    _replace([one.source for one in kept], current, wanted)
    conflicts.settle(organisation_id)


def _evidence(sources: Iterable[Source]) -> EvidenceQuerySet:
    ids: dict[str, list[int]] = {"memory": [], "section": []}
    for one in sources:
        ids[one.kind].append(one.pk)
    found: EvidenceQuerySet = Evidence.objects.filter(
        Q(memory__in=ids["memory"]) | Q(section__in=ids["section"])
    )
    return found


def _read(organisation_id: int, sources: Sequence[Source]) -> list[Read]:
    """What each says, and what a model found in it."""
    known = _known(organisation_id, sources)
    return [
        Read(one, heard(one.note, one.found, extract(one.note, known)))
        for one in sources
        if one.note is not None
    ]


def _known(organisation_id: int, sources: Sequence[Source]) -> frozenset[Name]:
    """Names that shared sources declared and that may stand in these texts."""
    notes = [(one.realm, one.note) for one in sources if one.note is not None]
    shared = [note for realm, note in notes if not realm]
    here = {m.name for note in shared for m in extract(note).mentions if m.confidence == 1}
    said = {phrase for _, note in notes for phrase in phrases(note.text)}
    if not said:
        return frozenset(here)
    declared = Evidence.objects.live().filter(entity=OuterRef("pk"), confidence=1)
    rows = Entity.objects.filter(
        Exists(declared.exclude(space__kind=SpaceKind.PERSONAL)),
        organisation=organisation_id,
        normalised__in=said,
    ).exclude(type__in=UNSPOKEN)
    found = rows.values_list("type", "normalised", "name")
    return frozenset(here | {Name(*row) for row in found})


def _entities(
    organisation_id: int, read: Sequence[Read], current: Iterable[Evidence]
) -> Mapping[tuple[Key, Name], Entity]:
    """Entities by source and name: the one it was put to by a split, else the first."""
    names = {m.name for one in read for m in one.said.mentions}
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
        (_key_of_evidence(row), Name(row.entity.type, row.entity.normalised, "")): row.entity
        for row in current
        if row.entity is not None
    }
    return {
        (one.source.key, m.name): put.get((one.source.key, m.name), first[m.name])
        for one in read
        for m in one.said.mentions
    }


def _relations(
    organisation_id: int, read: Sequence[Read], entities: Mapping[tuple[Key, Name], Entity]
) -> Mapping[tuple[Any, ...], int]:
    """Row ids of the relations that are claimed, by what makes them one."""
    claims = {
        _key(one, claim, entities): one.source.recorded_at
        for one in reversed(read)  # the first that says it
        for claim in one.said.claims
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
    entities: Mapping[tuple[Key, Name], Entity],
    relations: Mapping[tuple[Any, ...], int],
) -> Iterable[tuple[Target, float]]:
    for mention in one.said.mentions:
        yield ("entity", entities[one.source.key, mention.name].pk), mention.confidence
    for claim in one.said.claims:
        yield ("relation", relations[_key(one, claim, entities)]), claim.confidence


def _replace(
    sources: Sequence[Source],
    current: Iterable[Evidence],
    wanted: Mapping[tuple[Key, Target], float],
) -> None:
    """End what is not said any more, add what is new; what stays keeps its row."""
    by_key = {one.key: one for one in sources}
    kept, ended = set(), []
    for row in current:
        key = (_key_of_evidence(row), _target_of(row))
        if key in wanted:
            kept.add(key)
        else:
            ended.append(row.pk)
    Evidence.objects.filter(pk__in=ended).update(ended_at=clock.now())
    Evidence.objects.bulk_create(
        Evidence(
            space_id=by_key[key].space_id, revision=by_key[key].revision,
            **{f"{key[0]}_id": key[1], f"{kind}_id": target},
            confidence=confidence, recorded_at=by_key[key].recorded_at,
        )
        for (key, (kind, target)), confidence in wanted.items()
        if (key, (kind, target)) not in kept
    )  # fmt: skip


def _target_of(row: Evidence) -> Target:
    return ("entity", row.entity_id) if row.entity_id else ("relation", row.relation_id or 0)


def _key_of_evidence(row: Evidence) -> Key:
    return ("memory", row.memory_id) if row.memory_id else ("section", row.section_id or 0)


def _key(
    one: Read, claim: Claim, entities: Mapping[tuple[Key, Name], Entity]
) -> tuple[int, int, str, int, datetime | None, datetime | None]:
    ends = (entities[one.source.key, end].pk for end in (claim.subject, claim.object))
    subject, other = ends
    return (subject, other, claim.type, one.source.realm, claim.start, claim.end)


def _key_of(
    row: Relation,
) -> tuple[int, int, str, int, datetime | None, datetime | None]:
    valid = row.valid
    return (row.subject_id, row.object_id, row.type, row.realm, valid.lower, valid.upper)
