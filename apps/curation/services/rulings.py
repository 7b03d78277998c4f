"""What reviewers said of notes: kept for good, in force while a note has the words it had."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from apps.curation.core.facets import Names
from apps.curation.core.notes import Note
from apps.curation.core.rules import Reading, read
from apps.curation.core.rulings import Ruling, Said
from apps.curation.models import Candidate, CandidateMember, RulingNote
from apps.curation.models import Ruling as Row
from apps.curation.services import exhibits
from apps.kernel import clock
from apps.memories.core.text import content_hash
from apps.memories.models import Memory, MemoryRevision
from apps.spaces.models import Organisation

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Shown:
    """A member of a request as the reviewer reads it.

    Attributes:
        member: the row.
        text: the words that were judged.
        reading: the same, as the certain rules see it.
    """

    member: CandidateMember
    text: str
    reading: Reading


def on(memories: Mapping[int, Memory], organisation: Organisation) -> tuple[Ruling, ...]:
    """The rulings on these memories; a note that says something else by now is left out."""
    rows = RulingNote.objects.filter(
        ruling__organisation=organisation, ruling__taken_back_by__isnull=True
    ).order_by("ruling_id", "id")
    said: dict[int, Said] = {}
    sides: defaultdict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for number, kind, memory, words, second in rows.values_list(
        "ruling_id", "ruling__said", "memory_id", "content_hash", "second"
    ):
        if memory in memories and memories[memory].content_hash == words:
            said[number] = cast("Said", kind)
            sides[number][second].add(memory)
    return tuple(
        Ruling(number, kind, (frozenset(sides[number][0]), frozenset(sides[number][1])))
        for number, kind in said.items()
    )


def record(
    *,
    actor: "Actor",
    said: Said,
    candidate: Candidate,
    sides: tuple[Sequence[Shown], Sequence[Shown]],
    reason: str,
    before: Mapping[str, Any],
) -> None:
    """Keep a reviewer's word. Runs inside the caller's transaction, after its checks.

    `before` holds row ids of what the caller moves, for who takes it back.
    """
    ruling = Row.objects.create(
        organisation_id=candidate.target.organisation_id,
        said=said,
        candidate=candidate,
        reviewer=actor.user,
        before=before,
        reason=reason,
        created_at=clock.now(),
    )
    RulingNote.objects.bulk_create(
        RulingNote(
            ruling=ruling,
            memory_id=shown.member.memory_id,
            content_hash=content_hash(shown.text),
            second=bool(number),
        )
        for number, side in enumerate(sides)
        for shown in side
    )


def shown(candidates: Sequence[Candidate]) -> dict[int, list[Shown]]:
    """What requests show, by request and in the order of the notes, as the certain rules read it.

    Like the page of a request it leaves out what people withdrew since.
    """
    rows = list(
        CandidateMember.objects.filter(
            candidate__in=candidates, memory__in=exhibits.still_shared(candidates)
        )
        .select_related("memory", "candidate")
        .order_by("memory_id")
    )
    revisions = {
        (revision.memory_id, revision.number): revision
        for revision in MemoryRevision.objects.filter(memory__in=[row.memory_id for row in rows])
    }
    notes = {
        row.pk: _note(row, revisions[row.memory_id, row.revision])
        for row in rows
        if (row.memory_id, row.revision) in revisions
    }
    names = Names.of(notes.values())
    found: dict[int, list[Shown]] = {candidate.pk: [] for candidate in candidates}
    for row in rows:
        if row.pk in notes:
            note = notes[row.pk]
            found[row.candidate_id].append(Shown(row, note.text, read(note, names)))
    return found


def _note(row: CandidateMember, revision: MemoryRevision) -> Note:
    return Note(
        id=row.memory_id,
        person=row.person_id,
        text=revision.text,
        kind=revision.kind,
        tags=tuple(revision.tags),
        metadata=revision.metadata,
        recorded_at=row.memory.created_at,
        language=revision.language,
    )
