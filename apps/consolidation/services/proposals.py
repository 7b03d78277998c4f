"""Proposing, and what people do with it. One service for the API and the desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q

from apps.accounts.actors import of_user
from apps.audit.services import events
from apps.consolidation.core.pieces import Piece, members_hash, whole
from apps.consolidation.models import (
    Maker,
    Proposal,
    ProposalKind,
    ProposalSource,
    ProposalStatus,
)
from apps.consolidation.querysets import decidable
from apps.consolidation.services import changes, identity, reading
from apps.consolidation.services.changes import Hand, Planned
from apps.consolidation.services.work import Work
from apps.curation.services import publication, screening
from apps.kernel import clock, isolation
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory, Status
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


_AT_ONCE = 200  # proposals in one transaction


class AlreadySettled(Conflict):
    """Somebody has decided on this proposal already, or it was overtaken."""

    code = "already_settled"


@dataclass(frozen=True, slots=True)
class Offer:
    """What is proposed.

    Attributes:
        sources: row ids of the memories it is about.
        text: the words that would be kept; hostile.
        lead: the source whose words they are; None for words of its own.
        claims: of a summary or a connecting note, each with the places of its sources, from 0.
        target: row id of the wider space, of a promotion.
    """

    kind: str
    maker: str
    sources: tuple[int, ...]
    text: str
    lead: int | None = None
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    claims: Sequence[Mapping[str, Any]] = ()
    target: int | None = None


def offer(work: Work, made: Offer, pieces: Mapping[int, Piece]) -> Proposal | None:
    """Propose it once: None when the same memories in the same words were proposed before."""
    return next(iter(_propose(work, [made], pieces)), None)


def offer_all(work: Work, step: str, made: Sequence[Offer], pieces: Mapping[int, Piece]) -> None:
    """Propose each once, some hundred in one transaction; a killed worker begins anew."""
    for start in range(0, len(made), _AT_ONCE):
        _propose(work, made[start : start + _AT_ONCE], pieces)
        work.beat(step, min(start + _AT_ONCE, len(made)), len(made))


@transaction.atomic
def _propose(work: Work, made: Sequence[Offer], pieces: Mapping[int, Piece]) -> list[Proposal]:
    """Those that the same memories in the same words were not proposed for before."""
    named = {
        (one.kind, members_hash({pk: pieces[pk].hash for pk in one.sources})): one for one in made
    }
    kinds, hashes = zip(*named, strict=True)
    before = Proposal.objects.filter(
        space=work.space, kind__in=set(kinds), members_hash__in=hashes
    ).exclude(status=ProposalStatus.STALE)
    for known in before.values_list("kind", "members_hash"):
        named.pop(known, None)
    rows = Proposal.objects.bulk_create(_row(work, one, known) for (_, known), one in named.items())
    shown = list(zip(rows, named.values(), strict=True))
    ProposalSource.objects.bulk_create(
        ProposalSource(
            proposal=row,
            memory_id=pk,
            revision=pieces[pk].revision,
            content_hash=pieces[pk].hash,
        )
        for row, one in shown
        for pk in one.sources
    )
    for row, one in shown:
        _record(work, row, one)
    return rows


def _row(work: Work, made: Offer, known: str) -> Proposal:
    return Proposal(
        space=work.space,
        target_id=made.target,
        run=work.run,
        kind=made.kind,
        maker=made.maker,
        text=made.text,
        lead_id=made.lead,
        claims=list(made.claims),
        reasons=list(made.reasons),
        figures=dict(made.figures),
        members_hash=known,
        policy_version=work.version,
        created_at=clock.now(),
    )


def _record(work: Work, proposal: Proposal, made: Offer) -> None:
    events.record(
        action="archivist.propose",
        by=work.hand.by,
        space=work.space.public_id,
        object_type="archivist_proposal",
        object_ids=[proposal.public_id],
        detail={"kind": made.kind, "maker": made.maker, "sources": len(made.sources)},
    )


@transaction.atomic
def approve(*, actor: "Actor", proposal: Proposal, reason: str = "") -> Proposal:
    """Carry out what is proposed, in the words that are shown.

    Raises:
        Forbidden: the actor neither reviews the space nor owns it.
        AlreadySettled: it is no longer pending.
        Conflict: a source changed since it was shown; the proposal is stale then.
        ReadOnly: the space takes no writes.
    """
    locked = _lock(actor, proposal)
    writing.check_open(locked.space)
    pieces = _standing(locked)
    if pieces is None:
        raise Conflict("A source changed since it was shown; the next run looks at it anew.")
    locked.result = _carried_out(actor, locked, pieces)
    return _settle(actor, locked, ProposalStatus.APPROVED, reason)


@transaction.atomic
def reject(*, actor: "Actor", proposal: Proposal, reason: str) -> Proposal:
    """Turn it down: it is not proposed again while its sources have these words.

    Raises:
        Invalid: no reason.
        Forbidden, AlreadySettled, ReadOnly: as for `approve`.
    """
    if not reason.strip():
        raise Invalid("A rejection needs a reason.", attr="reason")
    locked = _lock(actor, proposal)
    writing.check_open(locked.space)
    return _settle(actor, locked, ProposalStatus.REJECTED, reason)


def overtaken(work: Work) -> int:
    """Pending proposals of which a source is not as it was shown become stale; returns how many."""
    pending = Proposal.objects.pending().filter(space=work.space)
    as_shown = Q(memory__status=Status.ACTIVE, memory__revision=F("revision"))
    shown = ProposalSource.objects.filter(
        proposal__space=work.space, proposal__status=ProposalStatus.PENDING
    )
    # Asked by itself: within the update PostgreSQL joined once per proposal where thousands were
    # new and not counted yet.
    changed = set(shown.exclude(as_shown).values_list("proposal", flat=True))
    stale = pending.filter(pk__in=changed)
    return stale.update(status=ProposalStatus.STALE, decided_at=clock.now())


def _lock(actor: "Actor", proposal: Proposal) -> Proposal:
    rows = Proposal.objects.select_for_update(of=("self",))
    locked: Proposal = rows.select_related(
        "space__organisation", "space__person", "target__organisation", "lead", "result", "reviewer"
    ).get(pk=proposal.pk)
    wanted = {locked.space_id, locked.target_id or locked.space_id}
    if not wanted <= decidable(actor):
        raise Forbidden("You neither review this space nor own it.")
    if locked.status != ProposalStatus.PENDING:
        raise AlreadySettled(f"This proposal is {locked.get_status_display().lower()} already.")
    return locked


def _standing(proposal: Proposal) -> dict[int, Piece] | None:
    """Its sources, if all of them are as they were shown and may still be touched."""
    shown = dict(proposal.sources.values_list("memory_id", "revision"))
    with isolation.acting_in(proposal.space.organisation_id):  # holds are not the reviewer's to see
        pieces = reading.some(shown, proposal.space, clock.now())
    as_shown = {pk: piece.revision for pk, piece in pieces.items()}
    return pieces if as_shown == shown else None


def _carried_out(actor: "Actor", proposal: Proposal, pieces: Mapping[int, Piece]) -> Memory | None:
    if proposal.kind == ProposalKind.PROMOTION:
        return _published(actor, proposal)
    planned = whole(list(pieces.values()))
    if proposal.lead_id is not None:
        planned = replace(planned, lead=proposal.lead_id)
    archivist = of_user(identity.of(proposal.space.organisation))
    hand = Hand(actor=archivist, by=actor.by, decided_by=actor.user)
    plan, maker = [Planned(planned)], Maker(proposal.maker)
    written = Planned(planned, proposal.text)
    if proposal.kind == ProposalKind.MERGE:
        made = changes.merge(proposal.space, plan, pieces, hand, maker)
    elif proposal.kind == ProposalKind.SYNTHESIS:
        made = changes.connect(proposal.space, written, pieces, hand, maker)
    else:
        made = changes.summarise(proposal.space, [written], pieces, hand, maker)
    return made[0].result if made else None


def _published(actor: "Actor", proposal: Proposal) -> Memory:
    """The fact in the wider space, with its source; what holds a secret is refused once more."""
    target, lead = proposal.target, proposal.lead
    assert target is not None, "a constraint gives a promotion its target"  # noqa: S101
    assert lead is not None, "a promotion is of one memory"  # noqa: S101
    writing.check_open(target)
    screening.refuse(lead.text, [lead])
    source = Memory.objects.select_related("author", "owner", "space").get(pk=lead.pk)
    placed = publication.publish(
        target=target, wording=source, sources=[source], by=actor.by, editor=actor.user
    )
    return placed.memory


def _settle(actor: "Actor", proposal: Proposal, status: str, reason: str) -> Proposal:
    proposal.status, proposal.reviewer, proposal.reason = status, actor.user, reason
    proposal.decided_at = clock.now()
    proposal.save(update_fields=["status", "reviewer", "reason", "decided_at", "result"])
    verb = "approve" if status == ProposalStatus.APPROVED else "reject"
    events.record(
        action=f"archivist_proposal.{verb}",
        by=actor.by,
        space=proposal.space.public_id,
        object_type="archivist_proposal",
        object_ids=[proposal.public_id],
        reason=reason,
        detail={"kind": proposal.kind},
    )
    return proposal
