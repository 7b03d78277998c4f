"""An embedder for tests: no files, no network, the same answer everywhere."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from apps.providers.vectors import Vectors, unit_rows

# The whole text counts a little, so that word order and punctuation tell two texts apart
TEXT_SHARE = 0.1


class NullEmbedder:
    """Hashes words into vectors: texts sharing words are near, others are about orthogonal."""

    model = "null"
    dimensions = 384
    languages: frozenset[str] = frozenset()
    in_process = True

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed `texts` in order.

        Returns:
            float32, shape (len(texts), 384), unit rows; equal texts, equal rows, everywhere.
        """
        rows = np.empty((len(texts), self.dimensions))
        for position, text in enumerate(texts):
            rows[position] = TEXT_SHARE * self._hashed(f"text:{text}")
            for word in text.casefold().split():
                rows[position] += self._hashed(f"word:{word}")
        return unit_rows(rows)

    def _hashed(self, key: str) -> npt.NDArray[np.float64]:
        digest = hashlib.shake_256(key.encode("utf-8", "replace")).digest(self.dimensions)
        return np.frombuffer(digest, dtype=np.uint8).astype(np.float64) - 127.5
