"""What people say of the memories an answer showed.

Being called useful changes nothing: use is not evidence, and whoever wants to vouch confirms. What
is called wrong, out of date or harmful is told to who answers for the memory and to reviewers of
its space; enough independent people make a report of it, see `reports`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.kernel import clock, metrics
from apps.kernel.errors import Invalid
from apps.memories.core.text import content_hash
from apps.memories.models import Memory, MemoryRevision, Outcome
from apps.recall.models import Feedback, FeedbackVerdict, RecallUse
from apps.recall.services import reports
from apps.spaces import access
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_GIVEN = metrics.counter("feedback", "Words about memories in answers.", ["verdict"])


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said of some memories of an answer; `outcome` is the report of one's own task."""

    verdict: str
    memory_ids: Sequence[UUID]
    note: str = ""
    outcome: UUID | None = None


@transaction.atomic
def give(*, actor: "Actor", use: RecallUse, said: Said) -> list[Feedback]:
    """Keep what was said, one row per memory; saying it again changes nothing.

    A person has one word per answer and memory, in person or by an agent: the last one counts.

    Raises:
        Invalid: an id was not in the answer or may no longer be read, or the outcome is unknown.
        ReadOnly: the space of one of the memories, or its organisation, takes no writes.
    """
    found = _named(actor, use, said.memory_ids)
    for memory in found:
        writing.check_open(memory.space)
    outcome = _outcome(actor, said.outcome)
    known = {row.memory_id: row for row in _earlier(actor, use, found)}
    words = _words_shown(use, found)
    rows, changed = [], []
    for memory in found:
        row = known.get(memory.pk) or Feedback(recall=use, memory=memory, person=actor.principal)
        if _take(row, actor, said, outcome, words[memory.pk]):
            changed.append(memory)
        rows.append(row)
    if changed:
        _record(actor, use, said, changed)
    if said.verdict == FeedbackVerdict.HARMFUL:
        reports.open_where_due(changed)
    return rows


def counts(actor: "Actor", memory_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """How many people said what of a memory's present words, its owner not counted.

    Every reader is told who found it useful; the rest only who answers for it or reviews.
    """
    resolved = access.of(actor)
    read = Memory.objects.visible_to(actor).filter(public_id__in=list(memory_ids))
    known = {memory.pk: memory for memory in read.only("public_id", "owner_id", "space_id")}
    told: dict[UUID, dict[str, int]] = {memory.public_id: {} for memory in known.values()}
    for memory_id, verdict, people in Feedback.objects.about(known).people():
        memory = known[memory_id]
        whole = memory.owner_id == actor.principal.pk or resolved.allows("review", memory.space_id)
        if whole or verdict == FeedbackVerdict.USEFUL:
            told[memory.public_id][verdict] = people
    return told


def _named(actor: "Actor", use: RecallUse, memory_ids: Sequence[UUID]) -> list[Memory]:
    """The memories, locked in one order, so that two people's words are counted one by one."""
    wanted = set(memory_ids)
    visible = Memory.objects.visible_to(actor).select_related("space__organisation")
    locked = visible.select_for_update(of=("self",)).order_by("pk")
    found = list(locked.filter(public_id__in=wanted & set(use.memories)))
    if len(found) < len(wanted):
        raise Invalid(
            "memory_ids names a memory that this answer did not show you.", attr="memory_ids"
        )
    return found


def _outcome(actor: "Actor", public_id: UUID | None) -> Outcome | None:
    if public_id is None:
        return None
    outcome: Outcome | None = Outcome.objects.visible_to(actor).filter(public_id=public_id).first()
    if outcome is None:
        raise Invalid("There is no such outcome.", attr="outcome")
    return outcome


def _earlier(actor: "Actor", use: RecallUse, memories: Sequence[Memory]) -> Iterable[Feedback]:
    said = Feedback.objects.filter(recall=use, person=actor.principal, memory__in=memories)
    return said.select_related("memory", "outcome")


def _words_shown(use: RecallUse, memories: Sequence[Memory]) -> Mapping[int, str]:
    """A digest of each memory's words as the answer showed them, if edited since or not."""
    shown = {memory.pk: memory.content_hash for memory in memories}
    moment = use.known_at or use.created_at
    edited = [memory.pk for memory in memories if memory.updated_at > moment]
    revisions = MemoryRevision.objects.filter(memory__in=edited, recorded_at__lte=moment)
    for revision in revisions.order_by("memory", "number").only("memory_id", "text"):
        shown[revision.memory_id] = content_hash(revision.text)
    return shown


def _take(row: Feedback, actor: "Actor", said: Said, outcome: Outcome | None, words: str) -> bool:
    """Write the word down; False when it had been said just so."""
    now = clock.now()
    if row.pk and (row.verdict, row.note, row.outcome) == (said.verdict, said.note, outcome):
        return False
    row.created_at = row.created_at or now
    row.user, row.verdict, row.note, row.outcome = actor.user, said.verdict, said.note, outcome
    row.content_hash, row.updated_at = words, now
    row.save()
    return True


def _record(actor: "Actor", use: RecallUse, said: Said, memories: Sequence[Memory]) -> None:
    metrics.count(_GIVEN, said.verdict, by=len(memories))
    events.record(
        action="recall.feedback",
        by=actor.by,
        object_type="memory",
        object_ids=[memory.public_id for memory in memories],
        detail={"verdict": said.verdict, "recall": str(use.public_id)},
    )
