"""What the organisation stands by, ranked among what its people remember.

In a ranking a section of canon has its row id below zero: row ids of memories are above.
"""

from collections.abc import Sequence

from apps.canon.services import search as sections
from apps.canon.services.search import Cited, Sought
from apps.memories.core import analysis
from apps.recall.core import ranking
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Filters, Question
from apps.recall.core.ranking import Candidate
from apps.recall.services.answers import Stated
from apps.recall.services.legs import Legs
from apps.recall.services.reach import Reach
from apps.recall.services.search import Counts

MOST = 5  # sections in an answer
_AHEAD = (2.0,)  # as ties: memories have 0 or 1 there


def cited(
    legs: Legs,
    within: Reach,
    question: Question,
    counts: Counts,
    vector: Sequence[float] | None,
) -> list[Cited]:
    """Sections that may answer the question, as of the moment it asks about.

    No statement where the spaces searched hold no canon, nor for a question about memories alone:
    one with a filter that only these have.
    """
    filters = question.filters
    same = Filters(
        spaces=filters.spaces, tags=filters.tags, include_archived=filters.include_archived
    )
    if not counts.canon or filters != same:
        return []
    # A word that no memory holds is as rare as one that a single memory does
    held = {term: max(1, count) for term, count in counts.frequencies.items()}
    sought = Sought(
        terms=tuple(held),
        weights=analysis.query_vector(held, held, counts.documents),
        vector=vector,
        model=within.model,
        spaces=within.params["space_ids"],
        day=(question.as_of or within.params["now"]).date(),
        tags=filters.tags,
        moment=question.known_at or question.as_of,
    )
    return legs.run("canon", lambda: sections.find(sought))


def among(candidates: Sequence[Candidate], found: Sequence[Cited]) -> Sequence[Candidate]:
    """The candidates with the sections among them."""
    if not found:
        return candidates
    sections = [Candidate(-each.id, each.lexical, each.dense, ties=_AHEAD) for each in found]
    waiting = {-each.id for each in found if each.dense is None}
    return ranking.with_guesses([*candidates, *sections], waiting)


def text_of(section: Cited) -> str:
    """What a model that reads question and answer together is given."""
    return f"{section.title}\n{section.heading}\n{section.text}"


def stated(ranked: Sequence[Ranked], found: Sequence[Cited]) -> list[tuple[int, Stated]]:
    """The best sections of a ranking, each with its position in it."""
    by_id = {-section.id: section for section in found}
    places = [
        (position, _stated(by_id[each.id], each))
        for position, each in enumerate(ranked)
        if each.id in by_id
    ]
    return places[:MOST]


def _stated(section: Cited, each: Ranked) -> Stated:
    """Without a cosine that was only guessed."""
    guessed = {"dense"} if section.dense is None else set()
    signals = {name: value for name, value in each.signals.items() if name not in guessed}
    return Stated(section, each.score, signals)


def led(ranked: Sequence[Ranked], found: Sequence[Cited]) -> Sequence[Ranked]:
    """The ranking with canon ahead of memories that are hardly more relevant."""
    return ranking.led(ranked, {-section.id for section in found}) if found else ranked
