"""A summary without a model: the sentences of the sources that are nearest to all others.

Every line is a sentence of a source, word for word, so it claims nothing that was not said.

Source:
    Centroid-based extraction, Radev et al. 2004, with the trade-off against repetition of Carbonell
    and Goldstein 1998 (maximal marginal relevance).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.consolidation.core.support import Cited

NOVELTY = 0.5  # weight of being unlike what is said already
SHORTEST = 12  # characters of a sentence that says anything
LONGEST = 1_000
LINE = 3  # characters that a line takes beside its sentence
MOST = 400  # sentences looked at
_END = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the source at position `source`."""

    text: str
    source: int


def sentences(texts: Sequence[str]) -> list[Sentence]:
    """The sentences of some texts, in order; what repeats an earlier one is left out."""
    found: dict[str, Sentence] = {}
    for source, text in enumerate(texts):
        for part in _END.split(text):
            said = " ".join((part or "").split())
            if SHORTEST <= len(said) <= LONGEST:
                found.setdefault(said.casefold(), Sentence(said, source))
    return list(found.values())[:MOST]


def extract(
    said: Sequence[Sentence], vectors: npt.NDArray[np.float32], *, room: int
) -> tuple[Cited, ...]:
    """The sentences to keep, in the order of their sources.

    Args:
        said: what there is to choose from.
        vectors: of the sentences, unit rows, shape (len(said), dimensions).
        room: most characters, with `LINE` more than its own for each sentence.

    Returns:
        None at all where not even one fits.
    """
    if not said:
        return ()
    alike = np.asarray(vectors, dtype=np.float64) @ np.asarray(vectors, dtype=np.float64).T
    central = alike.mean(axis=1)
    chosen: list[int] = []
    left = room
    while True:
        fitting = [
            n for n in range(len(said)) if n not in chosen and len(said[n].text) + LINE <= left
        ]
        if not fitting:
            break
        best = max(fitting, key=lambda n: (round(_worth(n, central, alike, chosen), 9), -n))
        chosen.append(best)
        left -= len(said[best].text) + LINE
    return tuple(Cited(said[n].text, (said[n].source,)) for n in sorted(chosen))


def _worth(
    n: int,
    central: npt.NDArray[np.float64],
    alike: npt.NDArray[np.float64],
    chosen: Sequence[int],
) -> float:
    repeated = max((float(alike[n, other]) for other in chosen), default=0.0)
    return (1 - NOVELTY) * float(central[n]) - NOVELTY * repeated
