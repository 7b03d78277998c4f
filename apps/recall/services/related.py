"""What the graph relates to the things that a question names: a leg of its own.

What is named is told by the statement that counts. Where nothing is, there is none here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.kernel import clock
from apps.recall import sql_graph
from apps.recall.core import related
from apps.recall.core.questions import Question
from apps.recall.core.ranking import Candidate
from apps.recall.services import search
from apps.recall.services.legs import Legs
from apps.recall.services.search import Counts

if TYPE_CHECKING:
    from apps.recall.services.finding import Asked


@dataclass(frozen=True, slots=True)
class Related:
    """What the graph found.

    Attributes:
        candidates: memories that no other leg found.
        masses: the share of the walk by memory, above 0.
    """

    candidates: Sequence[Candidate] = ()
    masses: dict[int, float] = field(default_factory=dict)


def phrases(question: Question, language: str) -> list[str]:
    """What may be a name in the question; nothing where the graph is not asked.

    The graph of the past is not walked: merges and what is spoken of are known as of now.
    """
    if not question.graph or not settings.RECALL_GRAPH or question.known_at is not None:
        return []
    return related.phrases(question.query, language)


def told(legs: Legs, asked: "Asked", counts: Counts, found: Sequence[Candidate]) -> Related:
    """What memories speak of what is related to the things named; in one statement or none.

    Args:
        counts: with what is named.
        found: what the other legs found.
    """
    meant = related.meant(counts.named)
    if not meant:
        return Related()
    question, within = asked.question, asked.within
    own: dict[str, Any] = {
        **within.params,
        **search.scoring(counts, asked.vector, depth=0),
        "model": within.model,
        "seeds": sorted({thing for _, thing in meant}),
        "held_at": question.as_of or within.params.get("now") or clock.now(),
        "found": [each.id for each in found],
    }
    dimensions = None if asked.vector is None else len(asked.vector)
    statement = sql_graph.related(within.names, words="weights" in own, dimensions=dimensions)
    rows = legs.run("graph", lambda: search.fetched(statement, own))
    candidates = [search.candidate(row[:-1]) for row in rows]
    return Related(
        related.beside(candidates, found),
        {each.id: row[-1] for each, row in zip(candidates, rows, strict=True)},
    )
