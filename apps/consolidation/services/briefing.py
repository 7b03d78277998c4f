"""Telling what is going on in spaces: each line as far as the asker may read what states it, now.

A line is told while every memory that it cites is there, visible to the asker, and in the state in
which it was quoted. What was taken back, changed or sealed since is gone from the brief at once,
and not only after the next time it is made.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from apps.consolidation.models import Brief, BriefSource
from apps.kernel import clock
from apps.memories.models import Memory, Status
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

MOST = 5  # briefs that one answer tells


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence and the memories that state it; hostile text."""

    text: str
    sources: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is going on in one space.

    Attributes:
        maker: `extract` for sentences of the sources, `model` for checked ones of a model; empty
            where there is no brief.
        refreshed_at: when it last changed; None where there is none.
        incomplete: whether lines are left out that the asker may not read, or that changed since.
    """

    space: Space
    lines: tuple[Line, ...] = ()
    maker: str = ""
    refreshed_at: datetime | None = None
    incomplete: bool = False


def of(*, actor: "Actor", space: Space) -> Told:
    """The brief of a space that the actor reads; without lines where there is none."""
    found = _told(actor, [space.pk])
    return found[0] if found else Told(space)


def several(*, actor: "Actor", spaces: Collection[int]) -> list[Told]:
    """Briefs of spaces by row id, those that changed last first, at most `MOST`; none is empty."""
    return [one for one in _told(actor, spaces) if one.lines]


def _told(actor: "Actor", spaces: Collection[int]) -> list[Told]:
    rows = Brief.objects.visible_to(actor).filter(space__in=list(spaces)).select_related("space")
    briefs = list(rows.order_by("-refreshed_at", "pk")[:MOST])
    standing = _standing(actor, briefs)
    return [_lines(brief, standing.get(brief.pk, {})) for brief in briefs]


def _standing(actor: "Actor", briefs: Sequence[Brief]) -> dict[int, dict[int, UUID]]:
    """Public ids of sources as they were quoted, by brief and place."""
    cited = list(BriefSource.objects.filter(brief__in=[brief.pk for brief in briefs]))
    visible = Memory.objects.visible_to(actor).live(clock.now())
    rows = visible.filter(pk__in=[one.memory_id for one in cited], status=Status.ACTIVE)
    now = {
        pk: (revision, id) for pk, revision, id in rows.values_list("pk", "revision", "public_id")
    }
    found: dict[int, dict[int, UUID]] = {}
    for one in cited:
        revision, public_id = now.get(one.memory_id, (None, None))
        if public_id is not None and revision == one.revision:
            found.setdefault(one.brief_id, {})[one.place] = public_id
    return found


def _lines(brief: Brief, standing: Mapping[int, UUID]) -> Told:
    told = tuple(
        Line(claim["text"], tuple(standing[place] for place in claim["cites"]))
        for claim in brief.claims
        if claim["cites"] and all(place in standing for place in claim["cites"])
    )
    return Told(
        space=brief.space,
        lines=told,
        maker=brief.maker,
        refreshed_at=brief.refreshed_at,
        incomplete=len(told) < len(brief.claims),
    )
