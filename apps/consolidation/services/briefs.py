"""Putting together what is going on in a space; anew only when something changed.

A brief is made of the space's newest memories that everybody in it may read. Its lines are theirs,
word for word, unless the policy lets a model write them; then each is checked like a summary's.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.consolidation.core import briefs as core
from apps.consolidation.core import verdicts
from apps.consolidation.core.pieces import PRIVATE, Piece
from apps.consolidation.core.support import Cited
from apps.consolidation.models import Brief, BriefSource, Maker
from apps.consolidation.services import nearness, reading
from apps.consolidation.services.asking import Answered, Asking
from apps.consolidation.services.policies import Policies
from apps.consolidation.services.work import Aside, Work
from apps.kernel import clock, locks
from apps.memories.models import Memory, MemoryIndex, Status
from apps.memories.services import encoders
from apps.spaces.models import Organisation, Space, SwitchKind
from apps.spaces.services import switches

logger = structlog.get_logger(__name__)

TASK = "brief"
_SPARE = 3  # newest memories looked at for each that is wanted: some may not enter
_OVERLAP = timedelta(minutes=1)  # of two looks: what was being written may have come in between
_STOPS = (SwitchKind.CONSOLIDATION, SwitchKind.READ_ONLY)
_MODEL_PAUSE = timedelta(hours=1)  # between two briefs that a model writes, outside of runs


def step(work: Work) -> dict[str, Any]:
    """The brief of the run's space."""
    if work.dry:
        return {}
    refresh(work)
    brief = Brief.objects.filter(space=work.space).first()
    return {"lines": len(brief.claims) if brief else 0}


def sweep() -> int:
    """Make briefs anew where something changed since they were looked at; returns how many."""
    made = 0
    now = clock.now()
    for organisation in Organisation.objects.filter(read_only=False).order_by("pk"):
        if any(switches.holding(kind, organisation.pk) for kind in _STOPS):
            continue
        policies = Policies(organisation.pk)
        for space in _changed(organisation):
            found = policies.of(space.pk)
            waits = found.policy.briefs == "model" and _recent(space, now - _MODEL_PAUSE)
            if found.policy.enabled and not waits:
                made += refresh(Aside(space, found.version, found.policy, dry=False))
    return made


def refresh(work: Work) -> bool:
    """Make the space's brief anew if what it depends on changed; whether it was.

    Asks a model where the policy says so: never inside a transaction.
    """
    if work.policy.briefs == "off":
        return Brief.objects.filter(space=work.space).delete()[0] > 0
    looked = clock.now() - _OVERLAP
    pieces = newest(work)
    known = core.fingerprint(pieces, work.policy)
    same = Brief.objects.filter(space=work.space, fingerprint=known)
    if same.update(checked_at=looked):
        return False
    maker, claims = _made(work, pieces)
    facts = {"fingerprint": known, "maker": maker, "checked_at": looked}
    _store(work, facts, claims, pieces)
    return True


def newest(work: Work) -> list[Piece]:
    """What a brief may be made of, the newest first."""
    wanted = work.policy.brief_sources
    rows = (
        Memory.objects.live(work.now)
        .filter(space=work.space, status=Status.ACTIVE, sensitivity="normal")
        .exclude(tags__contains=[PRIVATE])
        .exclude(kind__in=core.NEVER)
        .order_by("-created_at", "-id")[: _SPARE * wanted]
    )
    found = reading.pieces(Memory.objects.filter(pk__in=list(rows.values_list("pk", flat=True))))
    clean = nearness.clean(one for one in found.values() if core.may_enter(one))
    ordered = sorted(clean.values(), key=lambda one: (one.occurred_at, one.id), reverse=True)
    return ordered[:wanted]


def objections(work: Work, answered: Answered) -> tuple[str, ...]:
    """Why a model's brief is not used, as codes; empty when it is."""
    room = work.policy.brief_characters
    return verdicts.on_summary(answered.kept, len(answered.dropped), room=room)


def _made(work: Work, pieces: Sequence[Piece]) -> tuple[Maker, tuple[Cited, ...]]:
    if work.policy.briefs == "model" and work.model is not None and pieces:
        answered = Asking(work, TASK, work.policy.brief_prompt).claims(pieces)
        if answered is not None and not objections(work, answered):
            return Maker.MODEL, answered.kept
    room = work.policy.brief_characters
    return Maker.EXTRACT, core.lines(pieces, _vectors(pieces), room=room)


def _vectors(pieces: Sequence[Piece]) -> Mapping[int, np.ndarray[Any, Any]]:
    """As they lie in the index: nothing is embedded for a brief."""
    rows = MemoryIndex.objects.filter(
        memory__in=[piece.id for piece in pieces], model=encoders.active().model
    ).exclude(embedding=None)
    return {
        pk: np.asarray(embedding, dtype=np.float32)
        for pk, embedding in rows.values_list("memory_id", "embedding")
    }


@transaction.atomic
def _store(
    work: Work, facts: Mapping[str, Any], claims: Sequence[Cited], pieces: Sequence[Piece]
) -> None:
    """Write it in the place of the one before; only what it cites is kept as a source."""
    locks.transaction_lock(f"brief:{work.space.pk}")
    cited = sorted({cite for claim in claims for cite in claim.cites})
    place = {cite: number for number, cite in enumerate(cited)}
    said = [{"text": one.text, "cites": [place[cite] for cite in one.cites]} for one in claims]
    brief, _ = Brief.objects.update_or_create(
        space=work.space,
        defaults={
            **facts,
            "claims": said,
            "policy_version": work.version,
            "refreshed_at": clock.now(),
        },
    )
    brief.sources.all().delete()
    BriefSource.objects.bulk_create(
        BriefSource(
            brief=brief,
            memory_id=pieces[cite].id,
            place=place[cite],
            revision=pieces[cite].revision,
        )
        for cite in cited
    )


def _changed(organisation: Organisation) -> list[Space]:
    """Spaces of which a memory, or what its brief cites, changed since the brief was looked at."""
    looked = Brief.objects.filter(space=OuterRef("pk")).values("checked_at")[:1]
    memories = Memory.objects.filter(space=OuterRef("pk"))
    spaces = (
        Space.objects.filter(organisation=organisation, read_only=False)
        .annotate(looked=looked)
        .filter(
            Q(looked__isnull=True) & Exists(memories.filter(status=Status.ACTIVE))
            | Exists(memories.filter(updated_at__gt=OuterRef("looked")))
        )
    )
    return list(spaces.select_related("organisation", "person", "parent").order_by("pk"))


def _recent(space: Space, since: Any) -> bool:
    return Brief.objects.filter(space=space, refreshed_at__gt=since).exists()
