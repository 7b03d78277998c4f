"""Step 7: a new memory in the wider space, with every source it came from."""

from collections.abc import Sequence

from apps.audit.services import events
from apps.kernel import clock
from apps.memories.core import text as texts
from apps.memories.models import Memory, Provenance, Source, Status
from apps.memories.services import index, memories
from apps.spaces.models import Space


def publish(
    *,
    target: Space,
    wording: Memory,
    sources: Sequence[Memory],
    by: events.By,
    text: str | None = None,
    reason: str = "",
) -> Memory:
    """Publish `wording` (or the edited `text`) into `target`; the sources stay as they are.

    The same words in the target already are corroborated instead. Runs inside the caller's
    transaction.
    """
    content = text or wording.text
    known = Memory.objects.filter(
        space=target, status=Status.ACTIVE, content_hash=texts.content_hash(content)
    ).first()
    if known is not None:
        corroborate(published=known, sources=sources, by=by)
        return known
    memory = _build(target, wording, sources, content)
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
    return memory


def corroborate(*, published: Memory, sources: Sequence[Memory], by: events.By) -> int:
    """Link further sources to what is published; returns how many were new."""
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
    return len(fresh)


def _build(target: Space, wording: Memory, sources: Sequence[Memory], content: str) -> Memory:
    now = clock.now()
    return Memory(
        organisation_id=target.organisation_id,
        space=target,
        author=wording.author,
        owner=wording.owner,
        kind=wording.kind,
        text=content,
        language=wording.language,
        tags=list(wording.tags),
        metadata=_agreed(sources),
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


def _agreed(sources: Sequence[Memory]) -> dict[str, object]:
    """Metadata on which no source differs from another."""
    agreed: dict[str, object] = {}
    for name in {name for source in sources for name in source.metadata}:
        values = [source.metadata[name] for source in sources if name in source.metadata]
        if all(value == values[0] for value in values):
            agreed[name] = values[0]
    return dict(sorted(agreed.items()))


def _link(memory: Memory, sources: Sequence[Memory]) -> None:
    now = clock.now()
    Provenance.objects.bulk_create(
        Provenance(
            memory=memory, source_memory=source, contributor_id=source.owner_id, created_at=now
        )
        for source in sources
    )
