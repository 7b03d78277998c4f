"""What a room above knows about a memory and its owner should see; that room registers here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.memories.models import Memory


@dataclass(frozen=True, slots=True)
class MemoryMark:
    """Why a memory is kept back in its space.

    Attributes:
        id: public id of the mark.
        codes: stable reasons, sorted.
        state: what became of it.
        created_at: when it was found.
    """

    id: UUID
    codes: Sequence[str]
    state: str
    created_at: datetime


Reader = Callable[[Memory], MemoryMark | None]

_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Ask `reader` from now on; once is enough, more often changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def of(memory: Memory) -> MemoryMark | None:
    """The first mark anybody knows on the memory's present revision."""
    return next((mark for reader in _readers if (mark := reader(memory)) is not None), None)
