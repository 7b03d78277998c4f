"""What one recall may look at: the visible spaces and every filter, as SQL parameters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.kernel.errors import Invalid
from apps.memories.core import analysis
from apps.memories.services import encoders
from apps.providers.embedders import Embedder
from apps.recall.core.questions import Filters, Question
from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Reach:
    """Parameters of every scan.

    Attributes:
        params: by name, as `apps.recall.sql` knows them; only the filters in use.
        embedder: the model whose index rows are searched; one for the whole request, whatever is
            switched meanwhile.
        readable: row ids of all spaces the asker reads.
        organisation_id: the asker's; None for somebody without one.
    """

    params: Mapping[str, Any]
    embedder: Embedder
    readable: tuple[int, ...]
    organisation_id: int | None

    @property
    def model(self) -> str:
        """Id of the embedding model."""
        return self.embedder.model

    @property
    def names(self) -> frozenset[str]:
        """Names of the filters in use."""
        return frozenset(self.params)

    @property
    def facets(self) -> tuple[tuple[str, ...], ...]:
        """Filters that the statistics count, as the names they are counted under.

        A memory passes when it has one name of every group.
        """
        kinds = tuple(analysis.facet("kind", kind) for kind in self.params.get("kinds", ()))
        tags = [(analysis.facet("tag", tag),) for tag in self.params.get("tags", ())]
        session = self.params.get("session_id")
        sessions = [(analysis.facet("session", session),)] if session else []
        return (*((kinds,) if kinds else ()), *tags, *sessions)


def of(actor: "Actor", question: Question, now: datetime) -> Reach:
    """What `actor` may look at for this question.

    Raises:
        Invalid: a space is named that the asker does not read, or that does not exist.
    """
    visible = access.of(actor)
    readable = tuple(sorted(visible.ids("read")))
    named = {visible.public_ids[space_id]: space_id for space_id in readable}
    filters = question.filters
    if any(space not in named for space in filters.spaces):
        raise Invalid("There is no such space.", attr="filters.spaces")
    spaces = sorted({named[space] for space in filters.spaces}) or list(readable)
    params = {"space_ids": spaces, "statuses": list(question.statuses), **_narrowing(filters)}
    if question.known_at is not None:
        params["known_at"] = question.known_at
    if not filters.include_expired:
        params["now"] = min(now, question.known_at or now)
    if question.as_of is not None:
        params["as_of"] = question.as_of
    return Reach(params, encoders.active(), readable, visible.organisation_id)


def _narrowing(filters: Filters) -> dict[str, Any]:
    params = {
        "kinds": list(filters.kinds),
        "tags": list(filters.tags),
        "author_ids": list(filters.authors),
        "session_id": filters.session_id,
        "occurred_after": filters.occurred_after,
        "occurred_before": filters.occurred_before,
        "created_after": filters.created_after,
        "created_before": filters.created_before,
        "metadata": json.dumps(filters.metadata) if filters.metadata else None,
    }
    return {name: value for name, value in params.items() if value}
