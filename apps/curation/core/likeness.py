"""How alike two notes are: the cosine of their embeddings blended with what rare words they share.

A note in a language that the embedding model does not speak is alike to nothing by these measures.
Where a model rewrote it as a claim in English, its claim counts as well: whichever is more alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from apps.curation.core.notes import Edge, Note
from apps.curation.core.overlap import Vocabulary
from apps.curation.core.rules import Reading

Pair = tuple[int, int]


class Likeness:
    """Likeness of notes by position, in [0, 1]."""

    def __init__(
        self,
        readings: Sequence[Reading],
        vocabulary: Vocabulary,
        lexical_weight: float,
        claims: Mapping[int, Reading],
    ) -> None:
        """Prepare; `claims` are readings of English claims, by position of their note."""
        self._weight = lexical_weight
        self._vocabulary = vocabulary
        self._terms = [
            (reading.terms, *([claims[i].terms] if i in claims else []))
            for i, reading in enumerate(readings)
        ]
        self._masses = [tuple(map(vocabulary.mass, versions)) for versions in self._terms]

    def of(self, a: int, b: int, cosine: float) -> float:
        """Likeness of two notes of which a search knows the cosine."""
        return self._weight * self.overlap(a, b) + (1 - self._weight) * min(cosine, 1.0)

    def overlap(self, a: int, b: int) -> float:
        """Cosine of the two sets of weighted terms, in [0, 1]; of the claims where that is more."""
        return max(
            self._cosine(one, mass, two, weight)
            for one, mass in zip(self._terms[a], self._masses[a], strict=True)
            for two, weight in zip(self._terms[b], self._masses[b], strict=True)
        )

    def _cosine(self, a: frozenset[str], mass: float, b: frozenset[str], weight: float) -> float:
        whole = sqrt(mass * weight)
        return min(1.0, self._vocabulary.mass(a & b) / whole) if whole else 0.0


def cosines(notes: Sequence[Note], edges: Iterable[Edge]) -> dict[Pair, float]:
    """Best cosine of each candidate pair, by position; negative cosines count as zero."""
    place = {note.id: position for position, note in enumerate(notes)}
    best: dict[Pair, float] = {}
    for edge in edges:
        if edge.a == edge.b or edge.a not in place or edge.b not in place:
            continue
        low, high = sorted((place[edge.a], place[edge.b]))
        best[low, high] = max(best.get((low, high), 0.0), edge.cosine)
    return best
