"""What is going on in the spaces that a question is put to, ahead of its answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.audit.services import events
from apps.consolidation.services import briefing
from apps.recall.core.questions import Question
from apps.recall.services.answers import Brief, Named
from apps.recall.services.reach import Reach

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def of(actor: "Actor", question: Question, within: Reach) -> Sequence[Brief]:
    """Briefs of the spaces searched, if the question asks for them; recorded as read.

    None for a question about the past: a brief is of the present.
    """
    if not question.brief or question.known_at is not None or question.as_of is not None:
        return ()
    told = briefing.several(actor=actor, spaces=within.params["space_ids"])
    if told:
        events.record(
            action="brief.read",
            by=actor.by,
            object_type="brief",
            object_ids=[one.space.public_id for one in told],
            detail={"view": "recall"},
        )
    return [
        Brief(
            space=Named(one.space.public_id, one.space.name, one.space.kind),
            maker=one.maker,
            refreshed_at=one.refreshed_at,
            lines=one.lines,
        )
        for one in told
    ]
