"""Step 7: a new memory in the wider space, with every source it came from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.models import User
from apps.audit.services import events
from apps.kernel import clock
from apps.memories.core import text as texts
from apps.memories.models import Memory, MemoryRevision, Provenance, Source, Status
from apps.memories.services import index, memories
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Placed:
    """What a publication led to.

    Attributes:
        memory: the shared memory.
        made: whether it is new; otherwise its words were published there already.
        linked: row ids of the sources that were newly linked to it.
    """

    memory: Memory
    made: bool
    linked: frozenset[int]


def publish(
    *,
    target: Space,
    wording: Memory,
    sources: Sequence[Memory],
    by: events.By,
    text: str | None = None,
    editor: User | None = None,
    reason: str = "",
) -> Placed:
    """Publish `wording` (or the `text` that `editor` made of it) into `target`.

    The sources stay as they are. The same words published there already are corroborated instead.
    Runs inside the caller's transaction, on sources that `standing` has locked.
    """
    content = text or wording.text
    author = wording.author if text is None or text == wording.text else editor or wording.author
    known = _already_there(target, author, content)
    if known is not None:
        fresh = corroborate(published=known, sources=sources, by=by)
        return Placed(known, made=False, linked=fresh)
    memory = _build(target, wording, sources, content, author)
    memory.save(force_insert=True)
    memories.snapshot(memory, None).save(force_insert=True)
    index.put([memory], index.embed_now([content]))
    _link(memory, sources)
    events.record(
        action="memory.publish",
        by=by,
        space=target.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        reason=reason,
        detail={"sources": len(sources)},
    )
    return Placed(memory, made=True, linked=frozenset(source.pk for source in sources))


def _already_there(target: Space, author: User, content: str) -> Memory | None:
    """A live publication of these words, or the author's own note of them.

    Another's plain note stays theirs. What has expired is archived, which makes room.
    """
    same = Memory.objects.filter(
        Q(source=Source.PROMOTION) | Q(author=author),
        space=target,
        status=Status.ACTIVE,
        content_hash=texts.content_hash(content),
    )
    now = clock.now()
    for memory in same.select_for_update(of=("self",)).order_by("pk"):
        if not memory.expired(now):
            return memory
        memories.move(memory, Status.ARCHIVED, actor=None, reason="expired")
    return None


def corroborate(*, published: Memory, sources: Sequence[Memory], by: events.By) -> frozenset[int]:
    """Link further sources to what is published; returns row ids of those that were new."""
    known = set(
        Provenance.objects.filter(memory=published).values_list("source_memory_id", flat=True)
    )
    fresh = [source for source in sources if source.pk not in known and source.pk != published.pk]
    if fresh:
        _link(published, fresh)
        Memory.objects.filter(pk=published.pk).update(corroborated_at=clock.now())
        events.record(
            action="memory.corroborate",
            by=by,
            space=published.space.public_id,
            object_type="memory",
            object_ids=[published.public_id],
            detail={"sources": len(fresh)},
        )
    return frozenset(source.pk for source in fresh)


def withdraw(*, published: Memory, sources: Collection[int], actor: "Actor", reason: str) -> None:
    """Retract a publication and take its links to these sources off; what is gone stays gone.

    Runs inside the caller's transaction.
    """
    unlink(published=published, sources=sources, by=actor.by, reason=reason)
    locked = memories.lock(published)
    if locked.status in {Status.ACTIVE, Status.QUARANTINED, Status.ARCHIVED}:
        memories.move(locked, Status.RETRACTED, actor=actor, reason=reason)
        _record("memory.retract", locked, actor.by, reason)


def unlink(*, published: Memory, sources: Collection[int], by: events.By, reason: str) -> None:
    """Take links from what is published to these sources off."""
    links = Provenance.objects.filter(memory=published, source_memory__in=sources)
    if links.delete()[0]:
        _record("memory.unlink", published, by, reason)


def restore(*, old: Memory, actor: "Actor", reason: str) -> Memory:
    """Publish the words of a superseded memory again, as true as they were before it was replaced.

    The old memory keeps its end and its history; the new one comes from it.
    """
    before = MemoryRevision.objects.get(memory=old, number=old.revision - 1)
    old.valid_to = before.valid_to
    placed = publish(target=old.space, wording=old, sources=[old], by=actor.by, reason=reason)
    return placed.memory


def standing(organisation_id: int, revisions: Mapping[int, int]) -> list[Memory]:
    """The memories that still are as they were judged, locked until the transaction ends.

    Left out is what was edited, retracted, expired, made private or whose person no longer shares.

    Args:
        organisation_id: the organisation whose consent counts.
        revisions: revision that was judged, by memory id.

    Returns:
        In the order the hub learned them.
    """
    spaces = Space.objects.in_use_for_curation(organisation_id).values_list("pk", flat=True)
    shared = Memory.objects.for_promotion(list(spaces), clock.now()).filter(pk__in=revisions)
    locked = shared.select_for_update(of=("self",)).select_related("author", "owner", "space")
    found = [memory for memory in locked if memory.revision == revisions[memory.pk]]
    return sorted(found, key=lambda memory: (memory.created_at, memory.pk))


def _build(
    target: Space, wording: Memory, sources: Sequence[Memory], content: str, author: User
) -> Memory:
    now = clock.now()
    return Memory(
        organisation_id=target.organisation_id,
        space=target,
        author=author,
        owner=wording.owner if author == wording.author else author,
        kind=wording.kind,
        text=content,
        language=wording.language,
        tags=list(wording.tags),
        metadata=agreed(sources),
        importance=max(source.importance for source in sources),
        source=Source.PROMOTION,
        content_hash=texts.content_hash(content),
        occurred_at=min(source.occurred_at for source in sources),
        valid_from=wording.valid_from,
        valid_to=wording.valid_to,
        expires_at=wording.expires_at,
        created_at=now,
        updated_at=now,
    )


def agreed(sources: Sequence[Memory]) -> dict[str, object]:
    """Metadata that every one of several sources gives alike; one source's own stays with it."""
    first, *others = sources
    if not others:
        return {}
    nothing = object()
    return {
        name: value
        for name, value in sorted(first.metadata.items())
        if all(other.metadata.get(name, nothing) == value for other in others)
    }


def _link(memory: Memory, sources: Sequence[Memory]) -> None:
    now = clock.now()
    Provenance.objects.bulk_create(
        Provenance(
            memory=memory, source_memory=source, contributor_id=source.owner_id, created_at=now
        )
        for source in sources
    )


def _record(action: str, memory: Memory, by: events.By, reason: str) -> None:
    events.record(
        action=action,
        by=by,
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        reason=reason,
    )
