"""What the organisation stands by, ahead of what its people remember."""

from collections.abc import Sequence
from datetime import datetime

from apps.canon.services import search as sections
from apps.canon.services.search import Cited
from apps.recall.core.questions import Filters, Question
from apps.recall.services.reach import Reach
from apps.recall.services.search import GUESSES


def cited(question: Question, within: Reach, now: datetime) -> Sequence[Cited]:
    """Sections of canon that answer the question, as of the moment it asks about.

    None for a question about memories alone: one with a filter that only these have.
    """
    filters = question.filters
    same = Filters(
        spaces=filters.spaces, tags=filters.tags, include_archived=filters.include_archived
    )
    if filters != same:
        return []
    moment = question.known_at or question.as_of
    return sections.find(
        query=question.query,
        languages=GUESSES,
        spaces=within.params["space_ids"],
        day=(question.as_of or now).date(),
        tags=filters.tags,
        moment=moment,
    )
