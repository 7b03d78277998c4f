"""Step: a model connects what several people wrote about one topic. Only ever proposed.

Without a language model nothing is connected: sentences of the sources side by side would be a
summary that leaves its sources where they are, which says nothing new.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.consolidation.core import verdicts
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.synthesis import connectable, may_connect
from apps.consolidation.core.topics import topics
from apps.consolidation.models import ChangeKind, Maker, Proposal, ProposalKind, ProposalStatus
from apps.consolidation.services import nearness, proposals, remembered
from apps.consolidation.services.asking import Answered, Asking
from apps.consolidation.services.proposals import Offer
from apps.consolidation.services.work import Work
from apps.spaces.models import SpaceKind

TASK = "synthesis"
NO_MODEL = "no_model"
_STANDING = (ProposalStatus.PENDING, ProposalStatus.APPROVED, ProposalStatus.REJECTED)


def step(work: Work) -> dict[str, Any]:
    """Look at topics in which something is new, in a space that people share."""
    if not work.policy.synthesis or work.space.kind == SpaceKind.PERSONAL:
        return {}
    if work.model is None:
        return {"topics": 0, "proposed": 0, "trouble": NO_MODEL}
    pieces = nearness.clean(one for one in work.pieces().values() if may_connect(one))
    found = _topics(work, pieces)
    asking = Asking(work, TASK, work.policy.synthesis_prompt)
    dropped = 0
    for number, sources in enumerate(found):
        work.beat(TASK, number, len(found))
        dropped += not (work.dry or _propose(work, asking, sources, pieces))
    made = Proposal.objects.filter(run=work.run, kind=ProposalKind.SYNTHESIS).count()
    counts = {"topics": len(found), "dropped": dropped, "proposed": made}
    return counts | {"tokens": asking.spent, "trouble": asking.trouble}


def objections(work: Work, answered: Answered, sources: Sequence[Piece]) -> tuple[str, ...]:
    """Why a note is not proposed, as codes; empty when it is."""
    people = work.policy.synthesis_people
    return verdicts.on_synthesis(answered.kept, len(answered.dropped), sources, people=people)


def _topics(work: Work, pieces: Mapping[int, Piece]) -> tuple[tuple[Piece, ...], ...]:
    """Topics with something new in them; what is near that is compared among itself, too."""
    fresh = nearness.fresh(work, pieces)
    edges = nearness.near(work, TASK, pieces, fresh)
    beside = sorted({pk for edge in edges for pk in (edge.a, edge.b)} - set(fresh))
    edges += nearness.near(work, TASK, pieces, beside)
    near = [pieces[pk] for pk in sorted({*fresh, *beside})]
    found = ([pieces[pk] for pk in ids] for ids in topics(near, edges, work.policy))
    earlier = remembered.proposed(work.space, ProposalKind.SYNTHESIS, _STANDING, but_of=work.run)
    earlier += remembered.apart(work.space, ChangeKind.SYNTHESIS)
    return connectable(found, people=work.policy.synthesis_people, earlier=earlier)


def _propose(
    work: Work, asking: Asking, sources: Sequence[Piece], pieces: Mapping[int, Piece]
) -> bool:
    """Whether it is worth a person's time; a resumed run finds its own proposal there already."""
    answered = asking.claims(sources)
    if answered is None or objections(work, answered, sources):
        return False
    text = verdicts.written(answered.kept)
    offer = Offer(
        kind=ProposalKind.SYNTHESIS,
        maker=Maker.MODEL,
        sources=tuple(piece.id for piece in sources),
        text=text,
        claims=[{"text": claim.text, "cites": list(claim.cites)} for claim in answered.kept],
        figures={"dropped": answered.codes, "people": len({one.note.person for one in sources})},
    )
    proposals.offer(work, offer, pieces)
    return True
