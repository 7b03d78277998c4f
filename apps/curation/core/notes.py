"""What the grouping of same-fact notes takes in: notes, and the candidate pairs a search found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Note:
    """One memory as the grouping sees it.

    `person` is who answers for the note: an agent counts as its owner. `metadata` may name what the
    note is about (customer, supplier, product); other keys are ignored. `recorded_at` is when the
    hub stored it: that decides who said something first, never a time that the writer chose.
    """

    id: int
    person: int
    text: str
    kind: str
    tags: tuple[str, ...]
    metadata: Mapping[str, object]
    recorded_at: datetime
    language: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair of notes that a nearest-neighbour search proposed.

    `cosine` of the two embeddings, in [-1, 1]; 0.0 where there is none. `lexical` is the strength
    of the keyword search, in [0, 1]; 0.0 where only the dense search found the pair. It is kept to
    explain where a pair came from and does not weigh in the grouping: search scores of two queries
    are not comparable, so the overlap of the words is computed from the texts.
    """

    a: int
    b: int
    cosine: float
    lexical: float
