"""How much a term tells: rare words count more than common ones."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum, log

PRIOR = 100  # notes assumed besides those seen, so that a handful of notes has rare words too


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """In how many of `notes` notes each term occurs."""

    notes: int
    counts: Mapping[str, int]

    @classmethod
    def of(cls, documents: Iterable[frozenset[str]]) -> "Vocabulary":
        """Count the terms of `documents`, one set of terms a note."""
        seen = list(documents)
        return cls(len(seen), Counter(term for terms in seen for term in terms))

    def weight(self, term: str) -> float:
        """Inverse document frequency of `term`: ln((n + prior) / (count + 0.5)), at least zero."""
        return max(0.0, log((self.notes + PRIOR) / (self.counts.get(term, 0) + 0.5)))

    def mass(self, terms: frozenset[str]) -> float:
        """Sum of the squared weights of `terms`; the same whatever their order."""
        return fsum(self.weight(term) ** 2 for term in terms)
