"""Remembering, revising and retiring memories."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from apps.memories.core import language
from apps.memories.core import text as texts
from apps.memories.models import (
    Confirmation,
    Memory,
    MemoryRevision,
    Provenance,
    Source,
    Stance,
    Status,
)
from apps.memories.services import backlog, encoders, index, storage
from apps.memories.services.drafts import Draft, clean_tags
from apps.spaces import access
from apps.spaces.models import Space, SpaceKind
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_REVISED = (
    "text", "kind", "language", "tags", "metadata", "importance", "sensitivity", "occurred_at",
    "valid_from", "valid_to", "expires_at",
)  # fmt: skip
_LIVE = (Status.ACTIVE, Status.QUARANTINED)
_RACES = 5


@dataclass(frozen=True, slots=True)
class Remembered:
    """The memory a write led to; `created` is False when it confirmed an old one."""

    memory: Memory
    created: bool


def remember(*, actor: "Actor", draft: Draft) -> Remembered:
    """Keep a memory; the same text by the same author in the same space confirms the old one.

    Raises:
        Invalid, LimitExceeded: the draft is not acceptable; `attr` names the field.
        Forbidden, ReadOnly: the space takes no writes from this actor.
        Backlogged: the model runs elsewhere and too many embeddings wait already.
    """
    draft.check()
    space = writing.writable_space(actor, draft.space)
    elsewhere = not encoders.active().in_process
    embedded: index.Embedded | None = None
    for race in range(_RACES):
        # Usually the text is new, and the insertion finds out; what must know before asks first
        if race or elsewhere or draft.supersedes:
            repeated = _confirm_repeat(actor, space, draft)
            if repeated is not None:
                return Remembered(repeated, created=False)
        if embedded is None:
            _admit()
            embedded = index.embed_now([draft.text])
        memory = _create(actor, space, draft, embedded)
        if memory is not None:
            return Remembered(memory, created=True)
    raise Conflict("This text is being written and withdrawn at the same time; try again.")


def build(actor: "Actor", space: Space, draft: Draft, now: datetime) -> Memory:
    """An unsaved memory of `draft`, written by `actor` into `space` at `now`."""
    return Memory(
        organisation_id=space.organisation_id,
        space=space,
        author=actor.user,
        owner=actor.principal,
        session_id=draft.session_id,
        kind=draft.kind,
        text=draft.text,
        language=draft.language or language.detect(draft.text),
        tags=clean_tags(draft.tags),
        metadata=dict(draft.metadata),
        importance=draft.importance,
        sensitivity=draft.sensitivity,
        source=draft.source,
        content_hash=draft.content_hash,
        occurred_at=draft.occurred_at or now,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        expires_at=draft.expires_at,
        created_at=now,
        updated_at=now,
    )


def snapshot(memory: Memory, actor: "Actor | None") -> MemoryRevision:
    """The unsaved revision that records a memory's present state."""
    return MemoryRevision(
        memory=memory,
        number=memory.revision,
        recorded_at=memory.updated_at,
        recorded_by=actor.user if actor else None,
        status=memory.status,
        **{name: getattr(memory, name) for name in _REVISED},
    )


def revise(
    *, actor: "Actor", memory: Memory, changes: Mapping[str, Any], if_match: str | None = None
) -> Memory:
    """A new revision with `changes` to content fields; nothing is overwritten in the history.

    Raises:
        PreconditionFailed: `if_match` is not the memory's present ETag.
        Conflict: the memory is not active, or the author has said the new text already.
        Invalid, LimitExceeded: a value is not acceptable.
        Forbidden, ReadOnly: the space takes no writes from this actor.
        Backlogged: the model runs elsewhere and too many embeddings wait already.
    """
    _check_may_change(actor, memory)
    reindexed = "text" in changes or "language" in changes
    if reindexed:
        _admit()
    vectors = index.embed_now([changes.get("text", memory.text)]) if reindexed else None
    return _revise(actor, memory, changes, if_match, vectors)


@transaction.atomic
def _revise(
    actor: "Actor",
    memory: Memory,
    changes: Mapping[str, Any],
    if_match: str | None,
    vectors: index.Embedded | None,
) -> Memory:
    if "tags" in changes:
        changes = {**changes, "tags": clean_tags(changes["tags"])}
    locked = lock(memory, if_match=if_match)
    if locked.status != Status.ACTIVE:
        raise Conflict(f"Only an active memory can be edited; this one is {locked.status}.")
    changed = {name: value for name, value in changes.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    _check_changes(locked, changed)
    for name, value in changed.items():
        setattr(locked, name, value)
    if "text" in changed:
        locked.content_hash = texts.content_hash(locked.text)
        locked.corroborated_at = None  # what was confirmed were other words
        _refuse_duplicate(locked)
    if "text" in changed or "language" in changed:
        locked.language = changes.get("language") or language.detect(locked.text)
    _save_revision(locked, actor)
    if "text" in changed or "language" in changed:
        current = "text" in changes or locked.text == memory.text
        index.put([locked], vectors if current else None)
    else:
        index.refresh_facets(locked)
    _record("memory.revise", actor, locked, detail={"fields": sorted(changed)})
    return locked


@transaction.atomic
def retract(
    *, actor: "Actor", memory: Memory, reason: str = "", if_match: str | None = None
) -> Memory:
    """Take a memory back: it leaves every search, its history stays. Twice is fine.

    Raises:
        PreconditionFailed: `if_match` is not the memory's present ETag.
        Forbidden, ReadOnly: the space takes no writes from this actor.
    """
    _check_may_change(actor, memory)
    locked = lock(memory, if_match=if_match)
    if locked.status != Status.RETRACTED:
        move(locked, Status.RETRACTED, actor=actor, reason=reason)
        _record("memory.retract", actor, locked, reason=reason)
    return locked


def move(
    memory: Memory, status: str, *, actor: "Actor | None", reason: str = "", **fields: Any
) -> None:
    """Change the status of a locked memory, as a revision; the database refuses illegal moves."""
    memory.status = status
    for name, value in fields.items():
        setattr(memory, name, value)
    _save_revision(memory, actor, reason)
    index.refresh_facets(memory)


def renew(*, actor: "Actor", memory: Memory, draft: Draft, now: datetime) -> None:
    """A locked memory that is said again after it had expired is current again, as a revision."""
    if memory.expired(now) and (draft.expires_at is None or draft.expires_at > now):
        memory.expires_at = draft.expires_at
        _save_revision(memory, actor, "said again after expiry")
        index.refresh_facets(memory)


def lock(memory: Memory, *, if_match: str | None = None) -> Memory:
    """The row, locked and read anew.

    Raises:
        PreconditionFailed: `if_match` is given and not its ETag.
    """
    locked: Memory = Memory.objects.select_for_update().get(pk=memory.pk)
    given = {tag.strip() for tag in if_match.split(",")} if if_match else set()
    if given and "*" not in given and locked.etag not in given:
        raise PreconditionFailed
    return locked


@transaction.atomic
def archive_expired(*, now: datetime, batch: int = 1000) -> int:
    """Archive active memories whose expiry has come; returns how many. Run until it is 0."""
    due = Memory.objects.expired(now).order_by("expires_at")
    due = due.select_for_update(skip_locked=True, of=("self",))
    memories = list(due.select_related("space", "organisation")[:batch])
    for memory in memories:
        move(memory, Status.ARCHIVED, actor=None, reason="expired")
        events.record(
            action="memory.archive",
            by=events.By(organisation=memory.organisation.public_id),
            space=memory.space.public_id,
            object_type="memory",
            object_ids=[memory.public_id],
            reason="expired",
        )
    return len(memories)


def _admit() -> None:
    """One more pending embedding, unless the model runs here and makes it now."""
    if not encoders.active().in_process:
        backlog.admit(1)


@transaction.atomic
def _create(actor: "Actor", space: Space, draft: Draft, embedded: index.Embedded) -> Memory | None:
    """The new memory; None when its author has said that there already."""
    memory = build(actor, space, draft, clock.now())
    old = _superseded(actor, draft, memory)
    memory.supersedes = old
    if not storage.insert(actor, [memory], [index.lexical(memory)], embedded):
        return None
    if old is not None:
        supersede(actor=actor, old=old, new=memory)
    if draft.derived_from:
        link_sources(actor, memory, draft)
    _record("memory.create", actor, memory)
    return memory


def link_sources(actor: "Actor", memory: Memory, draft: Draft) -> None:
    """Provenance to the memories a draft names.

    Raises:
        Invalid: one of them does not exist for this actor.
    """
    sources = list(Memory.objects.visible_to(actor).filter(public_id__in=draft.derived_from))
    if len(sources) != len(set(draft.derived_from)):
        raise Invalid("derived_from names a memory that does not exist.", attr="derived_from")
    links = [
        Provenance(
            memory=memory,
            source_memory=source,
            contributor_id=source.owner_id,
            created_at=clock.now(),
        )
        for source in sources
    ]
    Provenance.objects.bulk_create(links, ignore_conflicts=True)


def _superseded(actor: "Actor", draft: Draft, memory: Memory) -> Memory | None:
    if draft.supersedes is None:
        return None
    candidates = Memory.objects.visible_to(actor).select_for_update(of=("self",))
    old: Memory | None = candidates.filter(
        public_id=draft.supersedes, space=memory.space, status=Status.ACTIVE
    ).first()
    if old is None:
        raise Invalid("supersedes must name an active memory of the same space.", attr="supersedes")
    return old


def supersede(*, actor: "Actor", old: Memory, new: Memory) -> None:
    """Close a locked memory: it stops being true when `new` starts, unless it had stopped before.

    It keeps its revisions, and questions about the time before find it. Runs inside the caller's
    transaction.
    """
    starts = new.valid_from or new.occurred_at
    began = old.valid_from or old.occurred_at
    cut_short = began < starts and (old.valid_to is None or starts < old.valid_to)
    fields = {"valid_to": starts} if cut_short else {}
    move(old, Status.SUPERSEDED, actor=actor, reason=f"superseded by {new.public_id}", **fields)


def _same_text(
    space: Space, author_id: int, content_hash: str, *, locked: bool = False
) -> Memory | None:
    same = Memory.objects.select_related("space", "author", "owner", "supersedes").filter(
        space=space, author_id=author_id, content_hash=content_hash, status__in=_LIVE
    )
    return (same.select_for_update(of=("self",)) if locked else same).first()


@transaction.atomic
def _confirm_repeat(actor: "Actor", space: Space, draft: Draft) -> Memory | None:
    """Count a repeated text as a confirmation; None when the author has not said it there.

    What the draft says of supersession and sources is carried out on the old memory; its other
    fields stay as they are, an edit is a PATCH.
    """
    now = clock.now()
    memory = _same_text(space, actor.user.pk, draft.content_hash, locked=True)
    if memory is None:
        return None
    renew(actor=actor, memory=memory, draft=draft, now=now)
    done = memory.supersedes is not None and memory.supersedes.public_id == draft.supersedes
    old = None if done else _superseded(actor, draft, memory)
    if old is not None and old.pk != memory.pk:
        memory.supersedes = old
        memory.save(update_fields=["supersedes"])
        supersede(actor=actor, old=old, new=memory)
    if draft.derived_from:
        link_sources(actor, memory, draft)
    Confirmation.objects.create(
        memory=memory,
        user=actor.user,
        person=actor.principal,
        stance=Stance.REPEATED,
        created_at=now,
    )
    Memory.objects.filter(pk=memory.pk).update(corroborated_at=now)
    memory.corroborated_at = now
    _record("memory.repeat", actor, memory)
    return memory


def _check_may_change(actor: "Actor", memory: Memory) -> None:
    """Its own people change a memory, and those who review the space it is shared in.

    Raises:
        Forbidden, ReadOnly: neither of them, or the space takes no writes.
    """
    space = writing.writable_space(actor, memory.space.public_id)
    own = memory.owner_id == actor.principal.pk and not _is_published(memory)
    if not own and not access.of(actor).allows("review", space.pk):
        raise Forbidden("Only its author or a reviewer of the space may change this memory.")


def _is_published(memory: Memory) -> bool:
    """Its words were judged, or stand for what others said: they are nobody's own any more."""
    others = memory.provenance.filter(source_memory__isnull=False).exclude(
        contributor_id=memory.owner_id
    )
    return memory.source == Source.PROMOTION or (
        memory.space.kind != SpaceKind.PERSONAL and others.exists()
    )


def _check_changes(memory: Memory, changed: Mapping[str, Any]) -> None:
    names = {field.name for field in dataclasses.fields(Draft)}
    merged = {name: getattr(memory, name) for name in _REVISED if name in names} | dict(changed)
    Draft(**{**merged, "tags": tuple(merged["tags"])}).check()


def _refuse_duplicate(memory: Memory) -> None:
    twin = _same_text(memory.space, memory.author_id, memory.content_hash)
    if twin is not None and twin.pk != memory.pk:
        raise Conflict("This author has said that in this space already.", attr="text")


def _save_revision(memory: Memory, actor: "Actor | None", reason: str = "") -> None:
    memory.revision += 1
    memory.updated_at = clock.now()
    memory.save()
    revision = snapshot(memory, actor)
    revision.reason = reason
    revision.save(force_insert=True)


def _record(
    action: str,
    actor: "Actor",
    memory: Memory,
    *,
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    events.record(
        action=action,
        by=actor.by,
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        reason=reason,
        detail=detail,
    )
