"""Step: old, little used memories about one topic get a summary in their place.

Made of their own sentences it may be carried out, as the policy says; what a model wrote is
proposed, whatever the policy says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Count, Max

from apps.consolidation.core import verdicts
from apps.consolidation.core.duplicates import Remembered
from apps.consolidation.core.extract import extract, sentences
from apps.consolidation.core.pieces import Piece, whole
from apps.consolidation.core.support import Cited
from apps.consolidation.core.topics import Used, old, topics
from apps.consolidation.models import Change, ChangeKind, Maker, Proposal, ProposalKind
from apps.consolidation.services import changes, nearness, proposals, reading, remembered
from apps.consolidation.services.asking import Answered, Asking
from apps.consolidation.services.changes import Planned
from apps.consolidation.services.proposals import Offer
from apps.consolidation.services.work import Work
from apps.memories.models import Memory
from apps.memories.services import encoders
from apps.providers.errors import EmbedderUnavailable
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

logger = structlog.get_logger(__name__)

TASK = "summary"
_LOADED = 5_000


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of one topic.

    Attributes:
        sources: row ids, ascending; the claims cite places in it.
        figures: characters before and after, and what was dropped.
    """

    sources: tuple[int, ...]
    maker: str
    claims: tuple[Cited, ...]
    figures: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The claims, a line each."""
        return verdicts.written(self.claims)


def step(work: Work) -> dict[str, Any]:
    """Summarise every topic of old memories."""
    if work.policy.summaries == "off":
        return {}
    pieces = nearness.clean(_old(work))
    found = _topics(work, pieces)
    asking = Asking(work, TASK, work.policy.summary_prompt) if work.model else None
    counts = {"old": len(pieces), "topics": len(found), "dropped": 0}
    for number, sources in enumerate(found):
        work.beat("summaries", number, len(found))
        made = summary(work, [pieces[pk] for pk in sources], asking)
        if made is None:
            counts["dropped"] += 1
        elif not work.dry:
            _use(work, made, pieces)
    applied = Change.objects.filter(run=work.run, kind=ChangeKind.SUMMARY)
    proposed = Proposal.objects.filter(run=work.run, kind=ProposalKind.SUMMARY)
    counts |= {"applied": applied.count(), "proposed": proposed.count()}
    if asking is None:
        return counts
    return counts | {"tokens": asking.spent, "trouble": asking.trouble}


def summary(work: Work, sources: Sequence[Piece], asking: Asking | None) -> Summary | None:
    """A summary of some sources: by the model where one is asked, else of their sentences.

    None where it would be too long, or where the sources do not support what the model claims: it
    is dropped then, not mended.
    """
    room = _room(work, sources)
    ids = tuple(piece.id for piece in sources)
    maker: Maker = Maker.MODEL
    if asking is None or any(piece.sealed for piece in sources):
        maker, answered = Maker.EXTRACT, Answered(_extracted(work, sources, room), ())
    else:
        found = asking.claims(sources)
        if found is None:
            return None
        answered = found
    if objections(work, answered, sources):
        return None
    before = sum(len(piece.note.text) for piece in sources)
    after = len(verdicts.written(answered.kept))
    figures = {"before": before, "after": after, "dropped": answered.codes}
    return Summary(ids, maker, answered.kept, figures)


def objections(work: Work, answered: Answered, sources: Sequence[Piece]) -> tuple[str, ...]:
    """Why a summary is dropped, as codes; empty when it is not."""
    room = _room(work, sources)
    return verdicts.on_summary(answered.kept, len(answered.dropped), room=room)


def _room(work: Work, sources: Sequence[Piece]) -> int:
    return int(sum(len(piece.note.text) for piece in sources) * work.policy.compression)


def _extracted(work: Work, sources: Sequence[Piece], room: int) -> tuple[Cited, ...]:
    said = sentences([piece.note.text for piece in sources])
    if not said:
        return ()
    space = work.space
    try:
        with charging(Purpose.CONSOLIDATION, organisation=space.organisation_id, space=space.pk):
            vectors = encoders.active().embed([one.text for one in said])
    except EmbedderUnavailable as error:
        logger.warning("summary_postponed", error=str(error))
        return ()
    return extract(said, vectors, room=room)


def _old(work: Work) -> list[Piece]:
    """Old ones; what was changed lately is none, and need not be read to know it."""
    since = work.now - timedelta(days=work.policy.min_age_days)
    rows = reading.candidates(work.space, work.now).filter(updated_at__lte=since)
    pieces = reading.pieces(rows)
    used = _used(list(pieces))
    return [
        piece
        for pk, piece in pieces.items()
        if old(piece, used.get(pk, Used(0, piece.note.recorded_at)), work.policy, work.now)
    ]


def _used(ids: Sequence[int]) -> dict[int, Used]:
    """Uses in tasks, and when each was last written, confirmed or used."""
    found: dict[int, Used] = {}
    for start in range(0, len(ids), _LOADED):
        rows = Memory.objects.filter(pk__in=ids[start : start + _LOADED]).annotate(
            times=Count("outcome_uses", distinct=True),
            used=Max("outcome_uses__outcome__created_at"),
            said=Max("confirmations__created_at"),
        )
        for pk, times, *moments in rows.values_list(
            "pk", "times", "used", "said", "updated_at", "corroborated_at"
        ):
            found[pk] = Used(times, max(moment for moment in moments if moment is not None))
    return found


def _topics(work: Work, pieces: Mapping[int, Piece]) -> tuple[tuple[int, ...], ...]:
    edges = nearness.near(work, "summaries", pieces, sorted(pieces))
    refused = remembered.refused(work.space, ProposalKind.SUMMARY)
    refused += remembered.apart(work.space, ChangeKind.SUMMARY)
    known = Remembered(refused)
    return tuple(
        topic
        for topic in topics(pieces.values(), edges, work.policy)
        if not known.covers([pieces[pk] for pk in topic])
    )


def _use(work: Work, made: Summary, pieces: Mapping[int, Piece]) -> None:
    """Carry it out, or propose it."""
    if made.maker == Maker.EXTRACT and work.policy.summaries == "apply":
        planned = Planned(whole([pieces[pk] for pk in made.sources]), made.text)
        changes.summarise(work.space, [planned], pieces, work.hand, made.maker)
        return
    offer = Offer(
        kind=ProposalKind.SUMMARY,
        maker=made.maker,
        sources=made.sources,
        text=made.text,
        claims=[{"text": claim.text, "cites": list(claim.cites)} for claim in made.claims],
        figures=made.figures,
    )
    proposals.offer(work, offer, pieces)
