"""What the graph reads: memories and sections of canon, each as one source with a note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from apps.canon.models import Section
from apps.graph.core.extraction import Note
from apps.graph.models import PersonalGraph, Reading
from apps.memories.models import Memory, Status
from apps.memories.services.drafts import PRIVATE
from apps.spaces.models import SpaceKind

Kind = Literal["memory", "section"]
Key = tuple[Kind, int]


@dataclass(frozen=True, slots=True)
class Source:
    """A memory or a section, and what is read of it.

    Attributes:
        realm: where its claims contradict others: a personal space, or 0 for what is shared.
        revision: of the memory, or of the section's document.
        recorded_at: when the hub was told.
        note: None for one that the graph may not hold.
        found: what a model found in these words, held against them.
    """

    kind: Kind
    pk: int
    space_id: int
    realm: int
    revision: int
    recorded_at: datetime
    note: Note | None
    found: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """By which evidence knows it."""
        return (self.kind, self.pk)


def of_memories(memories: Sequence[Memory]) -> list[Source]:
    """Memories as sources, in their order; their spaces must be loaded."""
    spaces = [memory.space_id for memory in memories]
    chosen = set(PersonalGraph.objects.filter(space__in=spaces).values_list("space_id", flat=True))
    found = _found(memories)
    return [
        Source(
            kind="memory",
            pk=memory.pk,
            space_id=memory.space_id,
            realm=memory.space_id if _personal(memory) else 0,
            revision=memory.revision,
            recorded_at=memory.updated_at,
            note=_note(memory) if _may_be_read(memory, chosen) else None,
            found=found.get(memory.pk, {}),
        )
        for memory in memories
    ]


def of_sections(sections: Sequence[Section]) -> list[Source]:
    """Sections of canon as sources; their revisions must be loaded.

    What a newer revision took the place of says nothing any more. Title, tags and what the front
    matter declares are the first section's word.
    """
    return [
        Source(
            kind="section",
            pk=section.pk,
            space_id=section.space_id,
            realm=0,
            revision=section.revision.number,
            recorded_at=section.known_from,
            note=_part(section),
        )
        for section in sections
    ]


def _personal(memory: Memory) -> bool:
    return memory.space.kind == SpaceKind.PERSONAL


def _may_be_read(memory: Memory, chosen: set[int]) -> bool:
    """Neither taken back nor sensitive nor private; of a personal space by its person's choice."""
    kept = memory.status in {Status.ACTIVE, Status.SUPERSEDED, Status.ARCHIVED}
    fine = kept and memory.sensitivity == "normal" and PRIVATE not in memory.tags
    return fine and (not _personal(memory) or memory.space_id in chosen)


def _note(memory: Memory) -> Note:
    """What is read of it; of one that has expired nothing is said any more."""
    if memory.status == Status.ARCHIVED:
        return Note("", (), {}, memory.occurred_at)
    return Note(
        memory.text, memory.tags, memory.metadata, memory.occurred_at,
        memory.valid_from, memory.valid_to,
    )  # fmt: skip


def _found(memories: Sequence[Memory]) -> dict[int, dict[str, Any]]:
    """What a model found in the words that stand, by memory."""
    standing = {one.pk: one.revision for one in memories if one.status != Status.ARCHIVED}
    rows = Reading.objects.filter(memory__in=standing, found__isnull=False)
    return {
        row.memory_id: row.found or {} for row in rows if standing[row.memory_id] == row.revision
    }


def _part(section: Section) -> Note:
    revision = section.revision
    if section.known_to is not None:
        return Note("", (), {}, section.known_from)
    first = section.place == 0
    above = revision.title if first else section.heading
    return Note(
        f"{above}\n{section.text}",
        revision.tags if first else (),
        revision.matter if first else {},
        section.known_from,
        _day(revision.effective_from),
        _day(revision.effective_to),
    )


def _day(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=UTC) if day else None
