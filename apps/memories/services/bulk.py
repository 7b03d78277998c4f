"""Remembering up to 1,000 memories in one request, with a result per item."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.services import events
from apps.kernel import clock, limits
from apps.kernel.errors import Conflict, Error, Invalid
from apps.memories.models import Confirmation, Memory, Stance
from apps.memories.querysets import MemoryQuerySet
from apps.memories.services import backlog, index, memories, storage
from apps.memories.services.drafts import Draft
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item: a memory (new or repeated) or an error."""

    memory: Memory | None = None
    created: bool = False
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    position: int
    draft: Draft
    space: Space

    @property
    def identity(self) -> tuple[int, str]:
        return self.space.pk, self.draft.content_hash


@dataclass(frozen=True, slots=True)
class _Prepared:
    memory: Memory
    lexical: index.Lexical


def remember_many(
    *, actor: "Actor", drafts: Sequence[Draft | Error], atomic: bool = False
) -> list[ItemResult]:
    """Keep many memories; the answer has one result per draft, in order.

    An `Error` in place of a draft is an item that could not even be read; it becomes its result.
    With `atomic`, one bad item fails all of them. Embeddings are pending work for the worker.

    Raises:
        LimitExceeded: more than 1,000 items, or more than 4 MiB of text in all.
        Backlogged: too many embeddings wait already; nothing was written.
        Error: with `atomic`, the first item's error; its `attr` starts with the item's position.
    """
    limits.check_bulk(len(drafts))
    limits.check_bulk_text(draft.text for draft in drafts if isinstance(draft, Draft))
    backlog.admit(len(drafts))
    results: list[ItemResult | None] = [None] * len(drafts)
    planned = _plan(actor, drafts, results, atomic=atomic)
    now = clock.now()
    prepared = _prepare(actor, planned, now)  # building and analysing holds no lock
    with transaction.atomic():
        _write(actor, planned, prepared, results, now)
    return [result or ItemResult(error=Error()) for result in results]


def _plan(
    actor: "Actor",
    drafts: Sequence[Draft | Error],
    results: list[ItemResult | None],
    *,
    atomic: bool,
) -> list[_Planned]:
    planned = []
    spaces: dict[UUID | None, Space | Error] = {}
    for position, draft in enumerate(drafts):
        try:
            if isinstance(draft, Error):
                raise draft
            planned.append(_Planned(position, _checked(draft), _space(actor, draft, spaces)))
        except Error as error:
            if atomic:
                error.attr = f"items.{position}.{error.attr or 'non_field_errors'}"
                raise
            results[position] = ItemResult(error=error)
    return planned


def _checked(draft: Draft) -> Draft:
    draft.check()
    if draft.supersedes or draft.derived_from:
        raise Invalid("supersedes and derived_from need a single write.", attr="supersedes")
    return draft


def _space(actor: "Actor", draft: Draft, known: dict[UUID | None, Space | Error]) -> Space:
    """The space to write to, asked for once per request, refusals included."""
    if draft.space not in known:
        try:
            known[draft.space] = writing.writable_space(actor, draft.space)
        except Error as error:
            known[draft.space] = error
    found = known[draft.space]
    if isinstance(found, Error):
        raise type(found)(found.detail, attr=found.attr)
    return found


def _prepare(actor: "Actor", planned: Sequence[_Planned], now: datetime) -> list[_Prepared]:
    """What seems new, ready to be written, in one lock order for all writers."""
    known = set(_same_words(actor, planned).values_list("space_id", "content_hash"))
    built = [
        memories.build(actor, plan.space, plan.draft, now)
        for identity, plan in sorted(_firsts(planned).items())
        if identity not in known
    ]
    return [_Prepared(memory, index.lexical(memory)) for memory in built]


def _firsts(planned: Sequence[_Planned]) -> dict[tuple[int, str], _Planned]:
    """The first item of each text and space; the others repeat it."""
    return {plan.identity: plan for plan in reversed(planned)}


def _write(
    actor: "Actor",
    planned: Sequence[_Planned],
    prepared: Sequence[_Prepared],
    results: list[ItemResult | None],
    now: datetime,
) -> None:
    """One statement for what is new, one for what is repeated; a race lost is a repeat."""
    built, lexicals = [item.memory for item in prepared], [item.lexical for item in prepared]
    new = storage.insert(actor, built, lexicals)
    stored = {(memory.space_id, memory.content_hash): memory for memory in new}
    stored |= _existing(actor, [plan for plan in planned if plan.identity not in stored])
    mine = {memory.public_id for memory in new}
    _settle(planned, stored, mine, results)
    _renew(actor, planned, stored, now)
    repeated = [
        result.memory for result in results if result and result.memory and not result.created
    ]
    _confirm(actor, repeated)
    _record(actor, new, repeated)


def _settle(
    planned: Sequence[_Planned],
    stored: dict[tuple[int, str], Memory],
    mine: Set[UUID],
    results: list[ItemResult | None],
) -> None:
    firsts = _firsts(planned)
    for plan in planned:
        memory = stored.get(plan.identity)
        if memory is None:  # written by someone else and withdrawn since: nothing of ours is lost
            results[plan.position] = ItemResult(error=Conflict("Withdrawn meanwhile; try again."))
            continue
        created = memory.public_id in mine and firsts[plan.identity] is plan
        results[plan.position] = ItemResult(memory=memory, created=created)


def _renew(
    actor: "Actor",
    planned: Sequence[_Planned],
    stored: dict[tuple[int, str], Memory],
    now: datetime,
) -> None:
    """What had expired and is said again is current again; in one lock order for all writers."""
    expired = [
        (memory.pk, plan.draft)
        for plan in planned
        if (memory := stored.get(plan.identity)) is not None and memory.expired(now)
    ]
    for pk, draft in sorted(expired, key=lambda pair: pair[0]):
        locked = Memory.objects.select_for_update().get(pk=pk)
        memories.renew(actor=actor, memory=locked, draft=draft, now=now)


def _existing(actor: "Actor", planned: Sequence[_Planned]) -> dict[tuple[int, str], Memory]:
    if not planned:
        return {}
    found = _same_words(actor, planned).select_related("space", "author", "owner")
    return {(memory.space_id, memory.content_hash): memory for memory in found}


def _same_words(actor: "Actor", planned: Sequence[_Planned]) -> MemoryQuerySet:
    """Live memories of the actor in the same spaces with the same words."""
    hashes: dict[int, list[str]] = {}
    for plan in planned:
        hashes.setdefault(plan.space.pk, []).append(plan.draft.content_hash)
    wanted = Q(pk__in=[])
    for space_id, content_hashes in hashes.items():
        wanted |= Q(space_id=space_id, content_hash__in=content_hashes)
    return Memory.objects.filter(wanted, author=actor.user, status__in=["active", "quarantined"])


def _confirm(actor: "Actor", repeated: Sequence[Memory]) -> None:
    now = clock.now()
    Confirmation.objects.bulk_create(
        Confirmation(
            memory=memory,
            user=actor.user,
            person=actor.principal,
            stance=Stance.REPEATED,
            created_at=now,
        )
        for memory in repeated
    )
    ids = {memory.pk for memory in repeated}
    if ids:
        Memory.objects.filter(pk__in=ids).update(corroborated_at=now)


def _record(actor: "Actor", new: Sequence[Memory], repeated: Sequence[Memory]) -> None:
    by_space: dict[UUID, list[Memory]] = {}
    for memory in new:
        by_space.setdefault(memory.space.public_id, []).append(memory)
    for space, members in by_space.items():
        events.record(
            action="memory.create",
            by=actor.by,
            space=space,
            object_type="memory",
            object_ids=[memory.public_id for memory in members],
            detail={"bulk": True},
        )
    if repeated:
        events.record(
            action="memory.repeat",
            by=actor.by,
            object_type="memory",
            object_ids=[memory.public_id for memory in repeated],
            detail={"bulk": True},
        )
