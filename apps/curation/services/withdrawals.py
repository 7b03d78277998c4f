"""Consent withdrawn: what was published from notes that people took back, made private or closed.

A source is withdrawn when its owner no longer shares for promotion, or the note was retracted,
erased, tagged private or marked sensitive. Expiry, an edit or a person who left withdraws nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from apps.audit.services import events
from apps.curation.core.decide import Verdict, decide
from apps.curation.core.notes import Note
from apps.curation.core.rules import is_relay, read
from apps.curation.core.withdrawal import Remaining, fate
from apps.curation.models import Candidate, CandidateMember, CandidateStatus
from apps.curation.services.assessment import Assessed
from apps.curation.services.policies import Policies
from apps.kernel import clock
from apps.memories.models import Memory, MemoryRevision, Provenance, Sensitivity, Source, Status
from apps.memories.services import memories
from apps.spaces.models import Organisation

REASON = "withdrawn by its people"


@dataclass(slots=True)
class Withdrawn:
    """What a run did about withdrawn notes: publications taken back, links taken off, requests."""

    retracted: int = 0
    unlinked: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class _Publication:
    memory: Memory
    gone: tuple[Memory, ...]
    left: tuple[Memory, ...]


def withdrawn(prefix: str = "") -> Q:
    """Condition on memories that their people took back; `prefix` leads to the memory."""
    shares = Q(**{f"{prefix}space__share_for_promotion": True}) | Q(
        **{
            f"{prefix}space__share_for_promotion__isnull": True,
            f"{prefix}organisation__share_for_promotion": True,
        }
    )
    return (
        Q(**{f"{prefix}status__in": [Status.RETRACTED, Status.ERASED]})
        | ~Q(**{f"{prefix}sensitivity": Sensitivity.NORMAL})
        | Q(**{f"{prefix}tags__contains": ["private"]})
        | (Q(**{f"{prefix}space__kind": "personal"}) & ~shares)
    )


def settle(organisation: Organisation, assessed: Sequence[Assessed]) -> Withdrawn:
    """Take back what no longer stands, and blank the requests that show withdrawn words.

    Runs inside the run's transaction; the caller assesses anew when something was retracted. Closed
    spaces are left alone until they open.
    """
    done = Withdrawn(requests=_blank_requests(organisation))
    by = events.By(organisation=organisation.public_id)
    policies = Policies(organisation.pk)
    for publication in _affected(organisation):
        memory = publication.memory
        people = policies.of(memory.space_id).policy.min_independent_people
        becomes = fate(_remaining(publication, assessed), min_people=people)
        if becomes == "keep":
            _unlink(publication, by)
            done.unlinked += 1
        else:
            _retract(memory, by)
            done.retracted += 1
    return done


def _affected(organisation: Organisation) -> Iterator[_Publication]:
    published = Memory.objects.filter(
        organisation=organisation,
        source=Source.PROMOTION,
        space__read_only=False,
        pk__in=Provenance.objects.filter(withdrawn("source_memory__")).values("memory"),
    ).exclude(status__in=[Status.RETRACTED, Status.ERASED])
    locked = published.select_for_update(of=("self",)).select_related("space").order_by("pk")
    for memory in locked:
        sources = Memory.objects.filter(derived__memory=memory)
        gone = tuple(sources.filter(withdrawn()).order_by("pk"))
        left = tuple(sources.exclude(pk__in=[one.pk for one in gone]).order_by("pk"))
        yield _Publication(memory, gone, left)


def _remaining(publication: _Publication, assessed: Sequence[Assessed]) -> Remaining:
    approved = Candidate.objects.filter(
        published=publication.memory, status=CandidateStatus.APPROVED, reviewer__isnull=False
    )
    return Remaining(
        people=len({one.owner_id for one in publication.left}),
        words_stand=_words_stand(publication),
        by_reviewer=approved.exists(),
        verdict=_verdict({one.pk for one in publication.left}, assessed),
    )


def _verdict(left: Collection[int], assessed: Sequence[Assessed]) -> Verdict | None:
    """What the policy would decide on the remaining notes; None where not all were measured."""
    told: list[Verdict] = []
    measured: set[int] = set()
    for one in assessed:
        members = {member.note for member in one.group.members}
        if members.isdisjoint(left):
            continue
        measured |= members
        signals = replace(one.signals, published=False)
        told.append(decide(signals, one.in_force.policy).verdict)
    if "promote" in told:
        return "promote"
    return "hold" if told and measured.issuperset(left) else None


def _words_stand(publication: _Publication) -> bool:
    """Whether a remaining note says its words, or nobody who withdrew ever said them."""
    text = publication.memory.text
    if any(passes_on(text, said) for said in _said(publication.left)):
        return True
    gone = _said(publication.gone)
    erased = any(one.status == Status.ERASED for one in publication.gone)
    return not erased and not any(passes_on(text, said) for said in gone)


def _said(sources: Sequence[Memory]) -> set[str]:
    revisions = MemoryRevision.objects.filter(memory__in=sources)
    return set(revisions.values_list("text", flat=True))


def passes_on(text: str, said: str) -> bool:
    """Whether `text` only passes on what `said` says."""
    if text == said:
        return True
    moment = clock.now()
    one, other = (read(Note(0, 0, words, "", (), {}, moment)) for words in (text, said))
    return bool(one.letters and other.letters) and is_relay(one, other)


def _unlink(publication: _Publication, by: events.By) -> None:
    """The remaining notes carry it; who withdrew is no longer named."""
    links = Provenance.objects.filter(
        memory=publication.memory, source_memory__in=[one.pk for one in publication.gone]
    )
    links.delete()
    _record("memory.unlink", publication.memory, by, sources=len(publication.gone))


def _retract(memory: Memory, by: events.By) -> None:
    """Restricted, so that it is left to its own people and not to the reviewers of its space."""
    memories.move(
        memory, Status.RETRACTED, actor=None, reason=REASON, sensitivity=Sensitivity.RESTRICTED
    )
    _record("memory.retract", memory, by)


def _record(action: str, memory: Memory, by: events.By, **detail: object) -> None:
    events.record(
        action=action,
        by=by,
        space=memory.space.public_id,
        object_type="memory",
        object_ids=[memory.public_id],
        reason=REASON,
        detail=detail,
    )


def _blank_requests(organisation: Organisation) -> int:
    """Requests, decided ones too, lose words that only withdrawn notes say."""
    gone = CandidateMember.objects.filter(withdrawn("memory__"))
    shown = Candidate.objects.filter(
        target__organisation=organisation, target__read_only=False, members__in=gone
    ).exclude(text="")
    blanked = [one.pk for one in shown.distinct() if not _still_said(one, gone)]
    Candidate.objects.filter(pk__in=blanked).update(text="", edited=False)
    return len(blanked)


def _still_said(candidate: Candidate, gone: QuerySet[CandidateMember]) -> bool:
    rows = list(candidate.members.all())
    lost = set(gone.filter(candidate=candidate).values_list("pk", flat=True))
    words = {
        (revision.memory_id, revision.number): revision.text
        for revision in MemoryRevision.objects.filter(memory__in=[row.memory_id for row in rows])
    }
    left = [words.get((row.memory_id, row.revision), "") for row in rows if row.pk not in lost]
    taken = [words.get((row.memory_id, row.revision), "") for row in rows if row.pk in lost]
    if any(passes_on(candidate.text, said) for said in left):
        return True
    own = candidate.edited and "" not in taken
    return own and bool(left) and not any(passes_on(candidate.text, said) for said in taken)
