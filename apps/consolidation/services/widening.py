"""Step: what people of a shared space said, confirmed and did not contradict is proposed for the
space above. Only proposed: whoever reviews both spaces decides."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F, Q

from apps.accounts.models import UserKind
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.widening import NEVER, Evidence, objections
from apps.consolidation.models import Maker, Proposal, ProposalKind
from apps.consolidation.services import proposals, remembered
from apps.consolidation.services.proposals import Offer
from apps.consolidation.services.work import Work
from apps.curation.core.screen import screen
from apps.memories.models import (
    Confirmation,
    MemoryRevision,
    OutcomeUse,
    Provenance,
    Source,
    Stance,
)
from apps.spaces.models import Space, SpaceKind

People = Mapping[int, frozenset[int]]
_IN_PERSON = UserKind.PERSON


def step(work: Work) -> dict[str, Any]:
    """Look at every memory of a space that has a shared one above it."""
    target = work.space.parent
    if not work.policy.promotion or target is None or work.space.kind == SpaceKind.PERSONAL:
        return {}
    pieces = {pk: one for pk, one in work.pieces().items() if one.note.kind not in NEVER}
    refused = remembered.refused(work.space, ProposalKind.PROMOTION)
    turned_down = {said for words in refused for said in words.items()}
    shared = _shared_already(pieces)
    worthy = {
        pk: evidence
        for pk, evidence in _evidence(pieces).items()
        if pk not in shared
        and (pk, pieces[pk].hash) not in turned_down
        and _is_worthy(work, evidence, pieces[pk])
    }
    if work.dry:
        return {"proposed": len(worthy)}
    offers = [_offer(pieces[pk], evidence, target) for pk, evidence in worthy.items()]
    proposals.offer_all(work, "promotion", offers, pieces)
    made = Proposal.objects.filter(run=work.run, kind=ProposalKind.PROMOTION)
    return {"proposed": made.count()}


def _is_worthy(work: Work, evidence: Evidence, piece: Piece) -> bool:
    """The screen is dear, so it looks only at what nothing else speaks against."""
    if objections(evidence, work.policy, work.now):
        return False
    note = piece.note
    marked = bool(screen(note.text, metadata=note.metadata, tags=note.tags))
    return not objections(replace(evidence, marked=marked), work.policy, work.now)


def _offer(piece: Piece, evidence: Evidence, target: Space) -> Offer:
    return Offer(
        kind=ProposalKind.PROMOTION,
        maker=Maker.RULES,
        sources=(piece.id,),
        text=piece.note.text,
        lead=piece.id,
        figures={
            "witnesses": len(evidence.witnesses),
            "confirmers": len(evidence.confirmers - evidence.witnesses),
        },
        target=target.pk,
    )


def _shared_already(pieces: Mapping[int, Piece]) -> set[int]:
    links = Provenance.objects.filter(
        source_memory__in=list(pieces), memory__source=Source.PROMOTION
    ).exclude(memory__status__in=["retracted", "erased"])
    return {pk for pk in links.values_list("source_memory_id", flat=True) if pk is not None}


def _evidence(pieces: Mapping[int, Piece]) -> dict[int, Evidence]:
    """What people did about each of which more than one is a witness, before the screen."""
    witnesses = _witnesses(pieces)
    pieces = {pk: piece for pk, piece in pieces.items() if len(witnesses[pk]) > 1}
    said = _said_at(list(pieces))
    confirmers, opponents = _stances(pieces, said)
    return {
        pk: Evidence(
            kind=piece.note.kind,
            sealed=piece.sealed,
            marked=False,  # nobody has looked yet
            witnesses=witnesses[pk],
            confirmers=confirmers.get(pk, frozenset()),
            opponents=opponents.get(pk, frozenset()),
            said_at=said.get(pk, piece.note.recorded_at),
        )
        for pk, piece in pieces.items()
    }


def _witnesses(pieces: Mapping[int, Piece]) -> People:
    """People who wrote it themselves, and who contributed a source that they wrote themselves."""
    found: dict[int, set[int]] = {pk: set() for pk in pieces}
    for pk, piece in pieces.items():
        if piece.author == piece.note.person:
            found[pk].add(piece.note.person)
    links = Provenance.objects.filter(
        memory__in=list(pieces),
        source_memory__author=F("source_memory__owner"),
        source_memory__author__kind=_IN_PERSON,
    ).exclude(source_memory__status__in=["retracted", "erased"])
    for memory, person in links.values_list("memory_id", "source_memory__owner_id"):
        if person is not None:
            found[memory].add(person)
    return {pk: frozenset(people) for pk, people in found.items()}


def _said_at(ids: list[int]) -> dict[int, Any]:
    """When the present words were first said; a change of status or tags is none of words."""
    found: dict[int, tuple[str, Any]] = {}
    rows = MemoryRevision.objects.filter(memory__in=ids).order_by("memory_id", "number")
    for memory, text, at in rows.values_list("memory_id", "text", "recorded_at"):
        if memory not in found or found[memory][0] != text:
            found[memory] = (text, at)
    return {memory: at for memory, (_, at) in found.items()}


def _stances(pieces: Mapping[int, Piece], said: Mapping[int, Any]) -> tuple[People, People]:
    """Who confirmed it or succeeded with its present words, in person; who contradicted it."""
    confirmed: dict[int, set[int]] = defaultdict(set)
    opposed: dict[int, set[int]] = defaultdict(set)
    rows = Confirmation.objects.filter(memory__in=list(pieces)).filter(
        Q(stance=Stance.CONTRADICTED) | Q(stance=Stance.CONFIRMED, user__kind=_IN_PERSON)
    )
    for pk, person, stance, at in rows.values_list(
        "memory_id", "person_id", "stance", "created_at"
    ):
        if at >= said.get(pk, at):
            (opposed if stance == Stance.CONTRADICTED else confirmed)[pk].add(person)
    uses = OutcomeUse.objects.filter(
        memory__in=list(pieces), outcome__success=True, outcome__reporter__kind=_IN_PERSON
    )
    for used, person, words in uses.values_list("memory_id", "outcome__person_id", "content_hash"):
        if used is not None and words == pieces[used].hash:
            confirmed[used].add(person)
    return (
        {pk: frozenset(people) for pk, people in confirmed.items()},
        {pk: frozenset(people) for pk, people in opposed.items()},
    )
