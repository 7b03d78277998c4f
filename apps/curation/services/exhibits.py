"""What a reviewer may see of a candidate's members: the words as judged, and who said them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from apps.accounts.models import User
from apps.curation.models import Candidate, CandidateMember
from apps.kernel import clock
from apps.memories.models import Memory, MemoryRevision
from apps.spaces.models import Space


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One member at the revision that was judged; `id` names it within its request only."""

    id: UUID
    text: str
    kind: str
    tags: Sequence[str]
    metadata: Mapping[str, Any]
    person: User
    occurred_at: datetime
    language: str
    link: str
    independent: bool


def members_of(candidates: Iterable[Candidate]) -> dict[int, list[Exhibit]]:
    """Exhibits by candidate, earliest first, in one query; empty lists stay.

    Left out is a member that its person withdrew since: retracted, made private, no longer shared.
    """
    rows = list(candidates)
    found: dict[int, list[Exhibit]] = {candidate.pk: [] for candidate in rows}
    members = (
        CandidateMember.objects.filter(candidate__in=rows, memory__in=still_shared(rows))
        .select_related("person", "memory", "candidate")
        .annotate(
            text=_judged("text"),
            memory_kind=_judged("kind"),
            tags=_judged("tags"),
            metadata=_judged("metadata"),
            at=F("memory__created_at"),
        )
        .order_by("at", "memory_id")
    )
    for member in members:
        exhibit = Exhibit(
            id=member.public_id,
            text=member.text or "",
            kind=member.memory_kind or "",
            tags=tuple(member.tags or ()),
            metadata=member.metadata or {},
            person=member.person,
            occurred_at=member.memory.occurred_at,
            language=member.memory.language,
            link=member.link,
            independent=member.independent,
        )
        found[member.candidate_id].append(exhibit)
    return found


def still_shared(rows: Iterable[Candidate]) -> QuerySet[Memory]:
    """Memories that their people share for promotion right now."""
    memories = Memory.objects.none()
    for organisation in {candidate.target.organisation_id for candidate in rows}:
        spaces = Space.objects.in_use_for_curation(organisation).values_list("pk", flat=True)
        memories |= Memory.objects.for_promotion(list(spaces), clock.now())
    return memories


def _judged(field: str) -> Subquery:
    """A field of the revision that was judged."""
    revision = MemoryRevision.objects.filter(memory=OuterRef("memory"), number=OuterRef("revision"))
    return Subquery(revision.values(field)[:1])
