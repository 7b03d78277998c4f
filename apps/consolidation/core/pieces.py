"""What consolidation takes in and what it makes of several memories: plain values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.curation.core.digests import of_values
from apps.curation.core.notes import Note

SENSITIVITIES = ("normal", "restricted", "secret")  # from the most open to the strictest
PRIVATE = "private"
_METADATA_BYTES = 16 * 1024  # as `kernel.limits` has it; characters beyond ASCII count sixfold here
_TAGS = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """One memory of a space, as consolidation sees it.

    `note.person` is who answers for it, `author` who wrote it. `hash` identifies its words.
    """

    note: Note
    space: int
    author: int
    revision: int
    hash: str
    sensitivity: str
    importance: float
    occurred_at: datetime
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expires_at: datetime | None = None
    corroborated_at: datetime | None = None

    @property
    def id(self) -> int:
        """Row id of the memory."""
        return self.note.id

    @property
    def sealed(self) -> bool:
        """Whether it is more than normally sensitive, or private: no model reads it."""
        return self.sensitivity != "normal" or PRIVATE in self.note.tags


@dataclass(frozen=True, slots=True)
class Whole:
    """What several pieces become: the words of one of them, or new ones, and the rest from all.

    Attributes:
        space: the one they all lie in.
        lead: id of the piece whose words, author and language it takes.
        sources: ids of all pieces, in ascending order.
        sensitivity: the strictest of theirs.
        tags: all of theirs; `private` among them if any has it.
        metadata: what is said by some and contradicted by none.
        importance: the highest.
        occurred_at: the earliest.
        corroborated_at: the latest confirmation that somebody gave one of them.
        expires_at: the earliest.
    """

    space: int
    lead: int
    sources: tuple[int, ...]
    sensitivity: str
    tags: tuple[str, ...]
    metadata: Mapping[str, object]
    importance: float
    occurred_at: datetime
    corroborated_at: datetime | None
    expires_at: datetime | None


def whole(pieces: Sequence[Piece]) -> Whole:
    """What `pieces` become together; their order is irrelevant.

    Raises:
        ValueError: none, one id twice, or more than one space: nothing crosses a space.
    """
    ordered = sorted(pieces, key=lambda piece: piece.id)
    spaces = {piece.space for piece in ordered}
    if len(spaces) != 1:
        raise ValueError("Pieces of one space become one, not of several or none.")
    if len({piece.id for piece in ordered}) != len(ordered):
        raise ValueError("A piece is its own source once.")
    lead = min(ordered, key=lambda piece: (piece.note.recorded_at, piece.id))
    ends = [piece.expires_at for piece in ordered if piece.expires_at is not None]
    confirmed = [piece.corroborated_at for piece in ordered if piece.corroborated_at is not None]
    return Whole(
        space=spaces.pop(),
        lead=lead.id,
        sources=tuple(piece.id for piece in ordered),
        sensitivity=strictest([piece.sensitivity for piece in ordered]),
        tags=_tags(ordered, lead),
        metadata=_uncontradicted(ordered, lead),
        importance=max(piece.importance for piece in ordered),
        occurred_at=min(piece.occurred_at for piece in ordered),
        corroborated_at=max(confirmed, default=None),
        expires_at=min(ends, default=None),
    )


def strictest(sensitivities: Sequence[str]) -> str:
    """The strictest of some sensitivities.

    Raises:
        ValueError: none at all, or an unknown one.
    """
    return SENSITIVITIES[max(SENSITIVITIES.index(one) for one in sensitivities)]


def members_hash(hashes: Mapping[int, str]) -> str:
    """Identity of memories in their present words, by row id."""
    return of_values(sorted(hashes.items()))


def _tags(pieces: Sequence[Piece], lead: Piece) -> tuple[str, ...]:
    """The lead's first; `private` is never crowded out."""
    found = dict.fromkeys(lead.note.tags)
    for piece in pieces:
        found.update(dict.fromkeys(piece.note.tags))
    named = [tag for tag in found if tag != PRIVATE]
    return tuple(([PRIVATE] if PRIVATE in found else []) + named)[:_TAGS]


def _uncontradicted(pieces: Sequence[Piece], lead: Piece) -> dict[str, object]:
    """What nobody contradicts; only the lead's where all of it is more than a memory may hold."""
    said: dict[str, object] = {}
    apart: set[str] = set()
    for piece in pieces:
        for name, value in piece.note.metadata.items():
            if name in said and said[name] != value:
                apart.add(name)
            said.setdefault(name, value)
    kept = {name: value for name, value in sorted(said.items()) if name not in apart}
    if len(json.dumps(kept, default=str).encode()) <= _METADATA_BYTES:
        return kept
    return {name: value for name, value in kept.items() if name in lead.note.metadata}
