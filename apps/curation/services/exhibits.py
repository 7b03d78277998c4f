"""What a reviewer may see of a candidate's members: the words as judged, and who said them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Subquery

from apps.accounts.models import User
from apps.curation.models import Candidate, CandidateMember
from apps.memories.models import MemoryRevision, Status


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One member at the revision that was judged."""

    text: str
    person: User
    occurred_at: datetime
    language: str
    link: str
    independent: bool


def members_of(candidates: Iterable[Candidate]) -> dict[int, list[Exhibit]]:
    """Exhibits by candidate, earliest first, in one query; empty lists stay.

    A member that was erased is left out; one retracted later is shown as it was judged.
    """
    rows = list(candidates)
    found: dict[int, list[Exhibit]] = {candidate.pk: [] for candidate in rows}
    judged = MemoryRevision.objects.filter(
        memory=OuterRef("memory"), number=OuterRef("revision")
    ).values("text")[:1]
    members = (
        CandidateMember.objects.filter(candidate__in=rows)
        .exclude(memory__status=Status.ERASED)
        .select_related("person", "memory")
        .annotate(text=Subquery(judged), at=F("memory__occurred_at"))
        .order_by("at", "memory_id")
    )
    for member in members:
        exhibit = Exhibit(
            text=member.text or "",
            person=member.person,
            occurred_at=member.memory.occurred_at,
            language=member.memory.language,
            link=member.link,
            independent=member.independent,
        )
        found[member.candidate_id].append(exhibit)
    return found
