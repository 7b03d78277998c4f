"""What is asked: the question, its filters and how to rank."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Fusion = Literal["convex", "rrf"]

HIDDEN_STATUSES = ("superseded", "archived", "quarantined")  # counted, never shown unasked
STATUSES = ("active", *HIDDEN_STATUSES)  # retracted and erased memories leave every search


@dataclass(frozen=True, slots=True)
class Filters:
    """What a memory must be to be found; an empty field does not filter.

    Attributes:
        spaces: public ids; each must be readable by the asker.
        kinds: any of them.
        tags: all of them.
        authors: public ids, any of them.
        session_id: exactly this session.
        occurred_after: inclusive; `occurred_before` is exclusive. The same for `created_*`.
        metadata: a JSON object that the memory's metadata contains.
        status: any of `STATUSES`; empty means active, with `as_of` also superseded.
        include_archived: also what a summary, decay or expiry archived, beside what is searched.
        include_expired: also what is past its expiry; the archived are past it by nature.
    """

    spaces: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[UUID, ...] = ()
    session_id: str = ""
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    status: tuple[str, ...] = ()
    include_expired: bool = False
    include_archived: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the memory.

    Attributes:
        query: 1 to 4,000 characters.
        limit: most results wanted, 1 to 100.
        as_of: a moment of valid time; only what held in the world then.
        known_at: a moment of system time; only what the hub knew then, in the words it had then.
        fusion: how the legs become one ranking.
        explain: also say which terms, counts, weights and plan were used.
        neighbours: let the session around a hit lift what was said next to it.
        graph: let what the graph relates to the things named lift memories that speak of it.
        diversity: 0 ranks by relevance alone, up to 1 avoids what is like a better result.
        rerank: whether a rerank model is asked; None: if the hub has one.
        token_budget: most tokens the results may take, estimated; None for no limit.
        context: also give the results as a block of text for a prompt.
        brief: also tell what is going on in the spaces searched, ahead of the results.
    """

    query: str
    limit: int = 10
    filters: Filters = field(default_factory=Filters)
    as_of: datetime | None = None
    known_at: datetime | None = None
    fusion: Fusion = "convex"
    explain: bool = False
    neighbours: bool = True
    graph: bool = True
    diversity: float = 0.0
    rerank: bool | None = None
    token_budget: int | None = None
    context: bool = False
    brief: bool = False

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses searched: what was asked for, else what holds (or held at `as_of`).

        And with `include_archived` what was archived.
        """
        default = ("active",) if self.as_of is None else ("active", "superseded")
        wanted = self.filters.status or default
        more = self.filters.include_archived and "archived" not in wanted
        return (*wanted, "archived") if more else wanted

    @property
    def hidden_statuses(self) -> tuple[str, ...]:
        """Statuses whose matches are only counted."""
        return tuple(status for status in HIDDEN_STATUSES if status not in self.statuses)
