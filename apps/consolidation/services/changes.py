"""Carrying out: several memories become one, a summary takes their place, a note joins them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.consolidation.core.pieces import Piece, Whole
from apps.consolidation.models import (
    Change,
    ChangeKind,
    ChangeSource,
    ConsolidationRun,
    Maker,
)
from apps.consolidation.services import moving
from apps.kernel import clock
from apps.memories.core import text as texts
from apps.memories.models import Memory, MemoryIndex, Provenance, Source, Status
from apps.memories.services import encoders, index, storage
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

CHUNK = 50  # changes in one transaction: what a killed worker does again
# What sources become by the kind of change; a connecting note leaves them as they are
LEAVES: Mapping[str, Status] = {
    ChangeKind.MERGE: Status.SUPERSEDED,
    ChangeKind.SUMMARY: Status.ARCHIVED,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A change to carry out.

    Attributes:
        whole: what the sources become.
        text: words of its own, of a summary; None for the lead's words.
    """

    whole: Whole
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Hand:
    """Who carries it out.

    Attributes:
        actor: whose revisions they are.
        by: the same for the audit.
        decided_by: the person who agreed; None where nobody had to be asked.
        run: the run that planned it; None for a person's decision.
    """

    actor: "Actor"
    by: events.By
    decided_by: User | None = None
    run: ConsolidationRun | None = None


def merge(
    space: Space,
    planned: Sequence[Planned],
    pieces: Mapping[int, Piece],
    hand: Hand,
    maker: str = Maker.RULES,
) -> list[Change]:
    """Have the sources of each become one memory in the lead's words; in one transaction.

    What changed since it was planned is left out.
    """
    return _carry_out(space, planned, pieces, hand, (ChangeKind.MERGE, maker))


def summarise(
    space: Space,
    planned: Sequence[Planned],
    pieces: Mapping[int, Piece],
    hand: Hand,
    maker: str = Maker.EXTRACT,
) -> list[Change]:
    """Put a summary in the place of its sources, which are archived; in one transaction.

    What changed since it was planned is left out.
    """
    return _carry_out(space, planned, pieces, hand, (ChangeKind.SUMMARY, maker))


def connect(
    space: Space, planned: Planned, pieces: Mapping[int, Piece], hand: Hand, maker: str
) -> list[Change]:
    """Put a note beside its sources, which stay as they are; in one transaction.

    Nothing when a source changed since it was planned.
    """
    return _carry_out(space, [planned], pieces, hand, (ChangeKind.SYNTHESIS, maker))


def chunks(planned: Sequence[Planned]) -> Iterable[Sequence[Planned]]:
    """As much as one transaction takes, in order."""
    return (planned[start : start + CHUNK] for start in range(0, len(planned), CHUNK))


@transaction.atomic
def _carry_out(
    space: Space,
    planned: Sequence[Planned],
    pieces: Mapping[int, Piece],
    hand: Hand,
    what: tuple[str, str],
) -> list[Change]:
    locked = _locked(space, [pk for plan in planned for pk in plan.whole.sources])
    standing = [plan for plan in planned if _stands(plan, pieces, locked)]
    if not standing:
        return []
    kind, maker = what
    results = [_built(plan, locked[plan.whole.lead], space, what, hand) for plan in standing]
    if kind in LEAVES:
        gone = [
            (locked[pk], f"{kind} into {result.public_id}")
            for plan, result in zip(standing, results, strict=True)
            for pk in plan.whole.sources
        ]
        moving.move_each(gone, LEAVES[kind], by=hand.actor.user)
    _store(results, standing, hand)
    made = _changes(space, list(zip(standing, results, strict=True)), pieces, hand, what)
    _link(standing, results, locked)
    for change, plan in zip(made, standing, strict=True):
        events.record(
            action=f"memory.{kind}",
            by=hand.by,
            space=space.public_id,
            object_type="memory",
            object_ids=[change.result.public_id]
            + [locked[pk].public_id for pk in plan.whole.sources],
            detail={"sources": len(plan.whole.sources), "maker": maker},
        )
    return made


def _locked(space: Space, ids: Sequence[int]) -> dict[int, Memory]:
    rows = Memory.objects.filter(pk__in=ids, space=space, status=Status.ACTIVE)
    rows = rows.select_for_update(of=("self",)).select_related("author", "owner").order_by("pk")
    return {memory.pk: memory for memory in rows}


def _stands(plan: Planned, pieces: Mapping[int, Piece], locked: Mapping[int, Memory]) -> bool:
    return all(
        pk in locked and pk in pieces and locked[pk].revision == pieces[pk].revision
        for pk in plan.whole.sources
    )


def _built(plan: Planned, lead: Memory, space: Space, what: tuple[str, str], hand: Hand) -> Memory:
    """The unsaved result. A merge is said by the lead's author, a summary by who made it."""
    now = clock.now()
    kind, maker = what
    own = plan.text is None
    text = lead.text if plan.text is None else plan.text
    return Memory(
        organisation_id=space.organisation_id,
        space=space,
        author=lead.author if own else hand.actor.user,
        owner=lead.owner if own else (space.person or hand.actor.principal),
        session_id=lead.session_id if own else "",
        kind=lead.kind if kind == ChangeKind.MERGE else "summary",
        text=text,
        language=lead.language,
        tags=list(plan.whole.tags),
        metadata=dict(plan.whole.metadata) if own else {"made_by": maker},
        importance=plan.whole.importance,
        sensitivity=plan.whole.sensitivity,
        source=Source.CONSOLIDATION,
        content_hash=texts.content_hash(text),
        occurred_at=plan.whole.occurred_at,
        valid_from=lead.valid_from if own else None,
        valid_to=lead.valid_to if own else None,
        supersedes=lead if own else None,
        expires_at=plan.whole.expires_at,
        corroborated_at=plan.whole.corroborated_at,
        created_at=now,
        updated_at=now,
    )


def _store(results: Sequence[Memory], plans: Sequence[Planned], hand: Hand) -> None:
    """Write the results; those that take the lead's words take its vectors, too."""
    own = [(plan, one) for plan, one in zip(plans, results, strict=True) if plan.text is None]
    new = [one for plan, one in zip(plans, results, strict=True) if plan.text is not None]
    vectors = _vectors([plan.whole.lead for plan, _ in own])
    stored = storage.insert(
        hand.actor, [one for _, one in own], [index.lexical(one) for _, one in own], vectors
    )
    stored += storage.insert(hand.actor, new, [index.lexical(one) for one in new])
    if len(stored) != len(results):  # the savepoint goes with all of it
        raise RuntimeError("A result was said there already by its author.")


def _vectors(leads: Sequence[int]) -> index.Embedded:
    """Vectors of the leads in their order, by model; none of a model that lacks one of them."""
    found: dict[str, dict[int, np.ndarray]] = {}
    rows = MemoryIndex.objects.filter(memory__in=leads).exclude(embedding=None)
    for model, memory, embedding in rows.values_list("model", "memory_id", "embedding"):
        found.setdefault(model, {})[memory] = np.asarray(embedding, np.float32)
    written = {embedder.model for embedder in encoders.written()}
    return {
        model: np.stack([own[pk] for pk in leads])
        for model, own in found.items()
        if leads and model in written and own.keys() >= set(leads)
    }


def _changes(
    space: Space,
    results: Sequence[tuple[Planned, Memory]],
    pieces: Mapping[int, Piece],
    hand: Hand,
    what: tuple[str, str],
) -> list[Change]:
    kind, maker = what
    now = clock.now()
    made = Change.objects.bulk_create(
        Change(
            space=space,
            run=hand.run,
            kind=kind,
            maker=maker,
            result=result,
            decided_by=hand.decided_by,
            created_at=now,
        )
        for _, result in results
    )
    ChangeSource.objects.bulk_create(
        ChangeSource(
            change=change,
            memory_id=pk,
            revision=pieces[pk].revision,
            content_hash=pieces[pk].hash,
        )
        for change, (plan, _) in zip(made, results, strict=True)
        for pk in plan.whole.sources
    )
    return made


def _link(
    plans: Sequence[Planned], results: Sequence[Memory], locked: Mapping[int, Memory]
) -> None:
    now = clock.now()
    Provenance.objects.bulk_create(
        Provenance(
            memory=result,
            source_memory_id=pk,
            contributor_id=locked[pk].owner_id,
            created_at=now,
        )
        for plan, result in zip(plans, results, strict=True)
        for pk in plan.whole.sources
    )
