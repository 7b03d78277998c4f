"""Published copies and other derived memories: lineage decides what stays of them."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.services import events
from apps.curation.services import publication, screening
from apps.governance.core.lineage import Fate, Lineage, fate
from apps.governance.services import blanking, opinions, words
from apps.governance.services.subjects import Subject, held, texts_of
from apps.kernel.errors import Invalid
from apps.memories.core import text as texts
from apps.memories.models import Kind, Memory, Provenance, Source, Status
from apps.memories.services import index, memories

REASON = "a source was erased"
_SUMMARIES = (Kind.SUMMARY, Kind.BRIEF)


def affected(subject: Subject) -> QuerySet[Memory]:
    """Memories with a source of the person's or said in the person's name, not erased or held."""
    derived = Provenance.objects.filter(source_memory__in=subject.everything_own()).values("memory")
    published = Q(source=Source.PROMOTION) & (
        Q(owner_id__in=subject.users) | Q(author_id__in=subject.users)
    )
    own = subject.everything_own().values("pk")
    return (
        Memory.objects.filter(
            Q(pk__in=derived) | published, organisation_id=subject.organisation_id
        )
        .exclude(status=Status.ERASED)
        .exclude(pk__in=own)
        .exclude(pk__in=held(subject.organisation_id))
    )


@transaction.atomic
def settle(subject: Subject, memory_id: int) -> Counter[str]:
    """Decide about one of them; returns rows changed by table."""
    memory = Memory.objects.select_for_update(of=("self",)).select_related("space").get(
        pk=memory_id
    )  # fmt: skip
    counts: Counter[str] = Counter()
    if memory.status == Status.ERASED:
        return counts
    gone, left = _sources(subject, memory)
    standing = _standing(memory, left)
    decided = _fate(subject, memory, gone, left, standing)
    if decided == "reword" and not _reword(subject, memory, left, standing, counts):
        decided = "erase"
    if decided == "erase":
        counts.update(_erase(subject, memory))
    else:
        links = Provenance.objects.filter(memory=memory).filter(
            Q(source_memory__in=gone) | Q(contributor_id__in=subject.users)
        )
        counts["memories_provenance"] += links.delete()[0]
    counts["kernel_idempotencyrecord"] += subject.forget_answers([memory.public_id])
    _record(subject, memory, decided, len(left))
    return counts


def _sources(subject: Subject, memory: Memory) -> tuple[list[Memory], list[Memory]]:
    """Its sources: the person's, and the others' that still say something."""
    sources = Memory.objects.filter(derived__memory=memory).order_by("pk")
    own = set(subject.everything_own().filter(derived__memory=memory).values_list("pk", flat=True))
    gone = [one for one in sources if one.pk in own]
    left = [
        one for one in sources
        if one.pk not in own and one.status not in {Status.RETRACTED, Status.ERASED}
    ]  # fmt: skip
    return gone, left


def _standing(memory: Memory, left: Sequence[Memory]) -> list[Memory]:
    """Remaining sources that may lend their words: active, shared, as they are now; locked."""
    if memory.source != Source.PROMOTION or memory.status == Status.RETRACTED:
        return []
    return publication.standing(memory.organisation_id, {one.pk: one.revision for one in left})


def _fate(
    subject: Subject,
    memory: Memory,
    gone: Sequence[Memory],
    left: Sequence[Memory],
    standing: Sequence[Memory],
) -> Fate:
    mine = {memory.owner_id, memory.author_id} & set(subject.users)
    if memory.source != Source.PROMOTION and not _is_summary(memory):  # somebody's own note
        return "erase" if words.says_any(memory.text, texts_of(gone)) else "keep"
    return fate(
        Lineage(
            people=len({one.owner_id for one in left}),
            words_stand=_words_stand(memory, gone, left),
            by_subject=bool(mine),
            wording=bool(standing),
        )
    )


def _is_summary(memory: Memory) -> bool:
    """Made of what several said; nobody can tell whose words are whose."""
    return memory.source == Source.CONSOLIDATION or memory.kind in _SUMMARIES


def _unreadable(gone: Sequence[Memory]) -> bool:
    """Whether a source was emptied before this was looked at."""
    return any(one.status == Status.ERASED for one in gone)


def _words_stand(memory: Memory, gone: Sequence[Memory], left: Sequence[Memory]) -> bool:
    """Whether a remaining note says its words, or no note of the erased person does.

    A summary holds words of every source, and one that was emptied may have said anything.
    """
    if _is_summary(memory):
        return False
    if words.says_any(memory.text, texts_of(left)):
        return True
    return not _unreadable(gone) and not words.says_any(memory.text, texts_of(gone))


def _reword(
    subject: Subject,
    memory: Memory,
    left: Sequence[Memory],
    standing: Sequence[Memory],
    counts: Counter[str],
) -> bool:
    """Say it in the words of a remaining note; False where none of them can be published."""
    wording = _wording(memory, standing)
    if wording is None:
        return False
    before = texts_of([memory])
    changed = wording.text != memory.text
    memories.move(
        memory,
        memory.status,
        actor=None,
        reason=REASON,
        text=wording.text,
        content_hash=texts.content_hash(wording.text),
        author=wording.author,
        owner=wording.owner,
        kind=wording.kind,
        language=wording.language,
        tags=list(wording.tags),
        metadata=publication.agreed(left),
        valid_from=wording.valid_from,
        valid_to=wording.valid_to,
        expires_at=wording.expires_at,
    )
    counts["memories_memory"] += 1
    if changed:
        index.put([memory], index.embed_now([memory.text]))
        counts["memories_memoryindex"] += 1
    counts.update(subject.call("governance_blank_history", [memory.pk]))
    counts["curation_opinion"] += opinions.forget(
        subject.organisation_id, before - texts_of(left) - {memory.text}
    )
    return True


def _wording(memory: Memory, standing: Sequence[Memory]) -> Memory | None:
    """The note whose words it takes: one that says the same already, else the earliest."""
    ranked = sorted(standing, key=lambda one: one.text != memory.text)
    for note in ranked:
        taken = Memory.objects.filter(
            space_id=memory.space_id,
            author_id=note.author_id,
            content_hash=texts.content_hash(note.text),
            status__in=[Status.ACTIVE, Status.QUARANTINED],
        ).exclude(pk=memory.pk)
        if not taken.exists() and _shareable(note):
            return note
    return None


def _shareable(note: Memory) -> bool:
    try:
        screening.refuse(note.text, [note])
    except Invalid:
        return False
    return True


def _erase(subject: Subject, memory: Memory) -> Counter[str]:
    """Taken back first, so that its history says what became of it."""
    if memory.status != Status.RETRACTED:
        memories.move(memory, Status.RETRACTED, actor=None, reason=REASON)
    return blanking.blank(subject.warrant, [memory])


def _record(subject: Subject, memory: Memory, decided: Fate, left: int) -> None:
    actions = {"keep": "memory.unlink", "reword": "memory.reword", "erase": "memory.erase"}
    events.record(
        action=actions[decided],
        by=events.By(organisation=subject.erasure.organisation.public_id),
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        reason=REASON,
        detail={"sources_left": left, "erasure": str(subject.erasure.public_id)},
    )
