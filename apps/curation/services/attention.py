"""Where a request stands in the queue, and why."""

from collections.abc import Mapping
from datetime import datetime

from apps.curation.core import attention
from apps.curation.core.attention import Matter, Part
from apps.curation.models import Candidate


def rank(candidate: Candidate, readers: Mapping[int, int]) -> None:
    """Give an unsaved or locked request its place; the caller saves it.

    Args:
        candidate: with its decision and target.
        readers: people who read a space, by its row id.
    """
    candidate.readers = readers.get(candidate.target_id, 0)
    candidate.ranked_at = attention.ranked_at(candidate.created_at, matter_of(candidate))


def explained(candidate: Candidate, now: datetime) -> tuple[Part, ...]:
    """Why it stands where it stands, the heaviest reason first."""
    return attention.explained(matter_of(candidate), waited=now - candidate.created_at)


def matter_of(candidate: Candidate) -> Matter:
    """What the core weighs."""
    decision = candidate.decision
    return Matter(reasons=decision.reasons, score=decision.score, readers=candidate.readers)
