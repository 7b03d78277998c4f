"""What an answer says: results with their reasons, what was packed, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from apps.canon.services.search import Cited
from apps.consolidation.services.briefing import Line
from apps.recall.core.fusion import Ranked

Layer = Literal["L1", "L3"]
_FACTS = (
    "id", "text", "kind", "tags", "session_id", "occurred_at", "valid_from", "valid_to", "status",
    "corroborated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A space or an author as an answer names it."""

    id: UUID
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Result:
    """One memory in an answer, with what put it there.

    Attributes:
        layer: L1 in a personal space, L3 in a shared one.
        score: higher is better; at most 2.3, of which neighbours and session add 0.8 and the graph
            0.5.
        signals: lexical (BM25, 0 or more), dense (cosine), fused (0 to 1), and what neighbours,
            session and graph added; only those that spoke.
        revision: number of the memory's revision that is shown.
        ranks: place in the lexical and the dense leg and in the graph's order, from 1.
        sources: how many memories or documents it was derived from; `source_ids` are those the
            asker may read.
        repeats: memories that say the same in the same words; only told with diversity.
        feedback: people by what they said of it, see `feedback.counts`; None unless explained.
    """

    id: UUID
    text: str
    kind: str
    tags: Sequence[str]
    session_id: str
    occurred_at: datetime
    valid_from: datetime | None
    valid_to: datetime | None
    status: str
    corroborated_at: datetime | None
    space: Named
    author: Named
    sources: int
    source_ids: Sequence[UUID]
    revision: int
    score: float
    signals: Mapping[str, float]
    ranks: Mapping[str, int]
    repeats: Sequence[UUID] = ()
    feedback: Mapping[str, int] | None = None

    @property
    def layer(self) -> Layer:
        return "L1" if self.space.kind == "personal" else "L3"

    @classmethod
    def of(cls, row: Sequence[Any], ranked: Ranked) -> Self:
        """From a row of `sql.shown` and its place in the ranking."""
        facts: dict[str, Any] = dict(zip(_FACTS, row[1:11], strict=True))
        return cls(
            **facts,
            space=Named(*row[11:14]),
            author=Named(*row[14:17]),
            sources=row[17],
            source_ids=row[18],
            revision=row[19],
            score=ranked.score,
            signals=ranked.signals,
            ranks=ranked.ranks,
        )


@dataclass(frozen=True, slots=True)
class Brief:
    """What is going on in a space, as far as the asker may read what states it.

    Attributes:
        maker: `extract` for sentences of memories, `model` for checked ones of a model.
        lines: each with the ids of the memories that state it; hostile text.
    """

    space: Named
    maker: str
    refreshed_at: datetime | None
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Stated:
    """One section of canon in an answer, with what put it there.

    Attributes:
        score: on the scale of the results, with what canon is ahead by.
        signals: as those of a result, and canon: what it is ahead by.
        place: among sections and results together, from 1; results fill the other places in order.
    """

    cited: Cited
    score: float
    signals: Mapping[str, float]
    place: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was found and did not fit the budget, and the tokens it would have taken.

    Attributes:
        id: of the memory, or of the document of canon that the section is of.
        section: its anchor; None for a memory.
    """

    id: UUID
    tokens: int
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the results take, estimated: four ASCII characters a token, any other character one.

    Attributes:
        used: of the texts shown; with a context, of the whole block. Never above the budget.
        budget: as asked; None for none.
        left_out: in rank order.
    """

    used: int
    budget: int | None = None
    left_out: Sequence[LeftOut] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The best memories for a question, best first.

    Attributes:
        degraded: what did not answer in time: "canon", "dense", "graph", "hidden", "history",
            "lexical", "neighbours". Also "dense" when the model is unavailable or some vectors are
            still being made; "history" when there were more old words than one question may read;
            "rerank" when that model was asked for and is unavailable.
        hidden: memories with a word of the question that are kept back, by reason: expired,
            superseded, archived, quarantined; only in spaces the asker reads. Not counted for
            the past.
        timing: milliseconds for embedding the question, for the database, for the
            rerank model, and in all.
        tokens: what the results take.
        context: the results as a block for a prompt; None unless asked for.
        explain: terms, counts, weights and plan; None unless asked for.
        canon: sections of reviewed documents, best first.
        briefs: what is going on in the spaces searched; empty unless asked for.
    """

    recall_id: UUID
    results: Sequence[Result]
    degraded: Sequence[str]
    hidden: Mapping[str, int]
    timing: Mapping[str, float]
    tokens: Tokens
    context: str | None = None
    explain: Mapping[str, Any] | None = None
    canon: Sequence[Stated] = ()
    briefs: Sequence[Brief] = ()
