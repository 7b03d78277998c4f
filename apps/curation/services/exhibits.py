"""What a reviewer may see of a candidate's members: the words as judged, and who said them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from apps.accounts.models import User
from apps.curation.models import Approval, Candidate, CandidateMember, ClusterMember
from apps.kernel import clock
from apps.memories.models import Memory, MemoryRevision, Status
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One member at the revision that was judged; `id` names it within its request only.

    `home` is the row id of the space its person belongs to: to count teams, not to show.
    """

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
    home: int | None = None


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
            home=F("memory__space__parent"),
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
            home=member.home,
        )
        found[member.candidate_id].append(exhibit)
    return found


@dataclass(frozen=True, slots=True)
class Beside:
    """A shared memory beside a request: it contradicts it, or may say the same already."""

    memory: Memory
    relation: str
    by: str


@dataclass(frozen=True, slots=True)
class Company:
    """What stands beside a request, as far as one reviewer sees it.

    Attributes:
        known: shared memories, those that it contradicts first.
        opposed: pending requests whose notes say the opposite.
    """

    known: tuple[Beside, ...] = ()
    opposed: tuple[Candidate, ...] = ()


def company_of(candidates: Iterable[Candidate], actor: "Actor") -> dict[int, Company]:
    """What stands beside requests, by request; three queries at most, none where nothing does."""
    rows = list(candidates)
    known = {row.pk: row.decision.inputs.get("known", []) for row in rows}
    opposed = {row.pk: row.decision.inputs.get("opposed", []) for row in rows}
    memories = _shared_now({one["memory"] for found in known.values() for one in found}, actor)
    rivals = _rivals({note for notes in opposed.values() for note in notes}, actor)
    return {
        row.pk: Company(
            known=tuple(
                Beside(memories[one["memory"]], one["relation"], one["by"])
                for one in sorted(known[row.pk], key=lambda one: one["relation"] != "contradicts")
                if one["memory"] in memories
            ),
            opposed=tuple(
                {
                    rival.pk: rival
                    for note in opposed[row.pk]
                    for rival in rivals.get(note, ())
                    if rival.cluster_id != row.cluster_id
                }.values()
            ),
        )
        for row in rows
    }


def _shared_now(ids: set[int], actor: "Actor") -> dict[int, Memory]:
    if not ids:
        return {}
    live = Memory.objects.visible_to(actor).live(clock.now()).filter(status=Status.ACTIVE)
    return live.select_related("space", "owner").in_bulk(ids)


def _rivals(notes: set[int], actor: "Actor") -> dict[int, list[Candidate]]:
    """Pending requests by the notes of their clusters."""
    if not notes:
        return {}
    cluster_of = dict(
        ClusterMember.objects.filter(memory__in=notes).values_list("memory_id", "cluster_id")
    )
    pending = Candidate.objects.visible_to(actor).pending().select_related("target")
    found: dict[int, list[Candidate]] = {}
    for row in pending.filter(cluster__in=set(cluster_of.values())).order_by("pk"):
        found.setdefault(row.cluster_id, []).append(row)
    return {note: found.get(cluster, []) for note, cluster in cluster_of.items()}


def approvals_of(candidates: Iterable[Candidate]) -> dict[int, list[User]]:
    """Who approved a request as it is now, by request and in that order, in one query."""
    rows = {row.pk: row for row in candidates}
    found: dict[int, list[User]] = {pk: [] for pk in rows}
    given = Approval.objects.filter(candidate__in=rows).select_related("reviewer").order_by("pk")
    for approval in given:
        if approval.revision == rows[approval.candidate_id].revision:
            found[approval.candidate_id].append(approval.reviewer)
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
