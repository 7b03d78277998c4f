"""Step: what seems to say the same is proposed to be made one."""

from typing import Any

from apps.consolidation.core import duplicates
from apps.consolidation.core.duplicates import Possible
from apps.consolidation.core.pieces import Piece
from apps.consolidation.models import Maker, Proposal, ProposalKind
from apps.consolidation.services import nearness, proposals, remembered
from apps.consolidation.services.proposals import Offer
from apps.consolidation.services.work import Work
from apps.curation.core.grouping import Grouping
from apps.curation.core.groups import Group, GroupingSettings
from apps.curation.core.notes import Edge
from apps.curation.services import judging
from apps.curation.services.neighbours import Search
from apps.curation.services.opinions import Books, Budget, Opinions
from apps.usage.models import Purpose

_SECONDS = 600.0  # that a run may spend on asking the judge


def step(work: Work) -> dict[str, Any]:
    """Compare what is new since the last run with all else in the space."""
    if not work.policy.possible:
        return {}
    pieces = {pk: piece for pk, piece in work.pieces().items() if _comparable(piece)}
    fresh = [pieces[pk] for pk in nearness.fresh(work, pieces)]
    found = duplicates.possible(
        _groups(work, pieces, fresh),
        pieces,
        min_confidence=work.policy.min_confidence,
        refused=[*remembered.refused(work.space), *remembered.apart(work.space)],
    )
    if work.dry:
        return {"compared": len(fresh), "proposed": len(found)}
    proposals.offer_all(work, "possible", [_offer(one, pieces) for one in found], pieces)
    made = Proposal.objects.filter(run=work.run, kind=ProposalKind.MERGE)
    return {"compared": len(fresh), "proposed": made.count()}


def _comparable(piece: Piece) -> bool:
    return not piece.sealed and piece.note.kind not in duplicates.MAKES_NONE


def _offer(one: Possible, pieces: dict[int, Piece]) -> Offer:
    return Offer(
        kind=ProposalKind.MERGE,
        maker=Maker.LIKENESS,
        sources=one.sources,
        text=pieces[one.lead].note.text,
        lead=one.lead,
        reasons=one.reasons,
        figures={"confidence": one.confidence},
    )


def _groups(work: Work, pieces: dict[int, Piece], fresh: list[Piece]) -> tuple[Group, ...]:
    if not fresh:
        return ()
    notes = [piece.note for piece in fresh]
    search = Search(notes, [work.space.pk])

    def told(_: str, done: int, total: int) -> None:
        work.beat("possible", done, total)

    edges = [edge for edge in search.alike(told) if _within(edge, pieces)]
    near = {pk for edge in edges for pk in (edge.a, edge.b)} | {piece.id for piece in fresh}
    settings = GroupingSettings(
        lexical_weight=work.policy.lexical_weight,
        link_threshold=work.policy.link_threshold,
        min_confidence=work.policy.min_confidence,
    )
    grouping = Grouping([pieces[pk].note for pk in sorted(near)], edges, settings)
    return judging.groups(grouping, _judge(work))


def _within(edge: Edge, pieces: dict[int, Piece]) -> bool:
    return edge.a in pieces and edge.b in pieces


def _judge(work: Work) -> Opinions | None:
    """Whom to ask; only what is remembered in a dry run."""
    if not work.policy.judge or work.model is None:
        return None
    budget = None if work.dry else Budget(work.policy.model_calls_per_day, _SECONDS)
    books = Books(Purpose.CONSOLIDATION, work.space.pk)
    return Opinions(work.space.organisation_id, work.model, budget, books=books)
