"""Step 2 of a run: keep back what must not leave its space, and remember what was read.

The screen reads a revision once per version of its rules. What it found nothing in has a row of
three numbers, what it found something in has a mark; both are left alone until the memory or the
rules change.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.db import transaction

from apps.audit.services import events
from apps.curation.core import quarantine
from apps.curation.core.quarantine import Standing, State
from apps.curation.core.screen import SCREEN_VERSION, kind_of, screen
from apps.curation.models import CleanScreening, Screening, ScreeningState
from apps.curation.services.progress import Progress, silent
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.memories.marks import MemoryMark
from apps.memories.models import Memory

_BATCH = 1_000

Revision = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Read:
    """A memory that was read just now, its mark of earlier rules if any, and what was found."""

    memory: Memory
    mark: Screening | None
    codes: frozenset[str]

    @property
    def standing(self) -> Standing:
        """Where it stands by what was found; only for what is or was marked."""
        if self.mark is None:
            return quarantine.first(self.codes)
        return quarantine.again(standing_of(self.mark), self.codes)


def screened(
    found: Sequence[Memory], progress: Progress = silent, *, remember: bool = True
) -> tuple[dict[int, Memory], Counter[str]]:
    """The memories that may take part, and how many were kept back by kind of mark.

    Reads what has not been read by the present rules and remembers it, a thousand at a time: a run
    that finds everything unchanged writes nothing, and one that is killed goes on where it was.

    Args:
        found: memories at their newest revision, of one organisation.
        progress: told between the thousands.
        remember: False reads without leaving a trace.

    Returns:
        Passing memories by row id, in the order of `found`; memories kept back by kind, where one
        with marks of two kinds counts in both.
    """
    clean, marks = _known(found)
    unread = [memory for memory in found if _unread(memory, clean, marks)]
    read: dict[int, _Read] = {}
    for start in range(0, len(unread), _BATCH):
        progress("screening", start, len(unread))
        part = unread[start : start + _BATCH]
        fresh = [_read(memory, marks.get(_revision(memory))) for memory in part]
        if remember:
            _remember(fresh)
        read |= {one.memory.pk: one for one in fresh}
    passing: dict[int, Memory] = {}
    kinds: Counter[str] = Counter()
    for memory in found:
        standing = _standing(memory, marks, read)
        if standing is None or standing.passes:
            passing[memory.pk] = memory
        else:
            kinds.update({kind_of(code) for code in standing.codes})
    return passing, kinds


def mark_on(memory: Memory) -> MemoryMark | None:
    """The mark on what a memory says now; None when nothing was found, or nobody looked yet."""
    mark = Screening.objects.filter(memory=memory, revision=memory.revision).first()
    if mark is None:
        return None
    return MemoryMark(mark.public_id, mark.codes, mark.state, mark.created_at)


def standing_of(mark: Screening) -> Standing:
    """The stored mark as the core knows it."""
    return Standing(cast("State", mark.state), tuple(mark.codes))


def findings(text: str) -> list[str]:
    """Codes of the secrets in a document that would be canon.

    The rest is left to those who approve it: procedures are instructions, and name whom to call.
    """
    return sorted({mark.code for mark in screen(text) if mark.kind == "secret"})


def refuse(text: str, sources: Iterable[Memory] = ()) -> None:
    """Refuse words that must not be shared, also a reviewer's own.

    Args:
        text: what would be published.
        sources: memories whose release counts, where they say exactly this.

    Raises:
        Invalid: the text has a mark that was not released.
    """
    codes = {mark.code for mark in screen(text)}
    if codes:
        codes -= _released([memory for memory in sources if memory.text == text])
    if codes:
        listed = ", ".join(sorted(codes))
        raise Invalid(f"The text holds what must not be shared: {listed}.", attr="text")


def _released(memories: Sequence[Memory]) -> set[str]:
    """Codes that a reviewer released for these very revisions."""
    wanted = {_revision(memory) for memory in memories}
    marks = Screening.objects.filter(memory__in=memories, state=ScreeningState.RELEASED)
    return {
        code for mark in marks if (mark.memory_id, mark.revision) in wanted for code in mark.codes
    }


def _known(found: Sequence[Memory]) -> tuple[set[Revision], dict[Revision, Screening]]:
    """What is remembered of their organisation: by join, as a list of ids would be too long."""
    organisations = {memory.organisation_id for memory in found}
    clean = CleanScreening.objects.filter(
        memory__organisation__in=organisations, rules=SCREEN_VERSION
    ).values_list("memory_id", "revision")
    marks = Screening.objects.filter(memory__organisation__in=organisations)
    return set(clean), {(mark.memory_id, mark.revision): mark for mark in marks}


def _revision(memory: Memory) -> Revision:
    return memory.pk, memory.revision


def _unread(memory: Memory, clean: set[Revision], marks: Mapping[Revision, Screening]) -> bool:
    mark = marks.get(_revision(memory))
    if mark is not None:
        return mark.rules != SCREEN_VERSION
    return _revision(memory) not in clean


def _read(memory: Memory, mark: Screening | None) -> _Read:
    found = screen(memory.text, metadata=memory.metadata, tags=memory.tags)
    return _Read(memory, mark, frozenset(one.code for one in found))


def _standing(
    memory: Memory, marks: Mapping[Revision, Screening], read: Mapping[int, _Read]
) -> Standing | None:
    """Where a memory stands now; None when nothing was ever found in this revision."""
    fresh = read.get(memory.pk)
    if fresh is not None:
        return fresh.standing if fresh.codes or fresh.mark else None
    mark = marks.get(_revision(memory))
    return standing_of(mark) if mark is not None else None


@transaction.atomic
def _remember(done: Sequence[_Read]) -> None:
    """A row per clean revision, a mark and an audit event per marked one."""
    _keep_clean([one.memory for one in done if not one.codes and one.mark is None])
    _mark([one for one in done if one.codes and one.mark is None])
    for one in done:
        if one.mark is not None:
            _judge_again(one, one.mark)


def _keep_clean(memories: Sequence[Memory]) -> None:
    CleanScreening.objects.bulk_create(
        (
            CleanScreening(memory=memory, revision=memory.revision, rules=SCREEN_VERSION)
            for memory in memories
        ),
        update_conflicts=True,
        unique_fields=["memory"],
        update_fields=["revision", "rules"],
    )


def _mark(fresh: Sequence[_Read]) -> None:
    now = clock.now()
    Screening.objects.bulk_create(
        (
            Screening(
                memory=one.memory,
                revision=one.memory.revision,
                codes=list(one.standing.codes),
                rules=SCREEN_VERSION,
                created_at=now,
            )
            for one in fresh
        ),
        ignore_conflicts=True,
    )
    for one in fresh:
        _record("memory.screened", one.memory, one.standing)


def _judge_again(one: _Read, mark: Screening) -> None:
    """Newer rules read a marked revision; a reviewer's word in the same moment wins."""
    was, now = standing_of(mark), one.standing
    changes: dict[str, object] = {"rules": SCREEN_VERSION, "codes": list(now.codes)}
    if now.state != was.state:
        changes |= {"state": now.state}
        if was.state == "released":
            changes |= {"reviewer": None, "decided_at": None}
    moved = Screening.objects.filter(pk=mark.pk, state=mark.state).update(**changes)
    if moved and now.state != was.state:
        action = "screening.clear" if now.state == "cleared" else "screening.reopen"
        _record(action, one.memory, now)


def _record(action: str, memory: Memory, standing: Standing) -> None:
    events.record(
        action=action,
        by=events.By(organisation=memory.organisation.public_id),
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        detail={"codes": list(standing.codes)},
    )
