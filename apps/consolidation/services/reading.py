"""The memories of a space as consolidation sees them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from apps.consolidation import protection
from apps.consolidation.core.pieces import Piece
from apps.curation.core.notes import Note
from apps.curation.models import CandidateMember, CandidateStatus
from apps.memories.models import Memory, Source, Status
from apps.spaces.models import Space

_COLUMNS = (
    "pk", "owner_id", "text", "kind", "tags", "metadata", "created_at", "language", "space_id",
    "author_id", "revision", "content_hash", "sensitivity", "importance", "occurred_at",
    "valid_from", "valid_to", "expires_at", "corroborated_at",
)  # fmt: skip


def candidates(space: Space, now: datetime) -> QuerySet[Memory]:
    """What consolidation may touch in a space.

    Not what was published here: promotion keeps that in step with its sources. Not what a pending
    request shows to a reviewer: it must find it as it was.
    """
    shown = CandidateMember.objects.filter(candidate__status=CandidateStatus.PENDING)
    found = (
        Memory.objects.live(now)
        .filter(space=space, status=Status.ACTIVE)
        .exclude(source=Source.PROMOTION)
        .exclude(pk__in=shown.values("memory"))
    )
    return protection.apply(found, space.organisation_id)


def pieces(memories: QuerySet[Memory]) -> dict[int, Piece]:
    """Those memories as values, by row id."""
    rows = memories.order_by("pk").values_list(*_COLUMNS)
    return {row[0]: _piece(row) for row in rows.iterator(chunk_size=5_000)}


def some(ids: Iterable[int], space: Space, now: datetime) -> dict[int, Piece]:
    """Those of the named memories that consolidation may touch, by row id."""
    return pieces(candidates(space, now).filter(pk__in=list(ids)))


def _piece(row: tuple[object, ...]) -> Piece:
    said = dict(zip(_COLUMNS, row, strict=True))
    note = Note(
        id=said.pop("pk"),  # type: ignore[arg-type]
        person=said.pop("owner_id"),  # type: ignore[arg-type]
        text=said.pop("text"),  # type: ignore[arg-type]
        kind=said.pop("kind"),  # type: ignore[arg-type]
        tags=tuple(said.pop("tags")),  # type: ignore[arg-type]
        metadata=said.pop("metadata"),  # type: ignore[arg-type]
        recorded_at=said.pop("created_at"),  # type: ignore[arg-type]
        language=said.pop("language"),  # type: ignore[arg-type]
    )
    return Piece(
        note=note,
        space=said.pop("space_id"),  # type: ignore[arg-type]
        author=said.pop("author_id"),  # type: ignore[arg-type]
        hash=said.pop("content_hash"),  # type: ignore[arg-type]
        **said,  # type: ignore[arg-type]
    )
