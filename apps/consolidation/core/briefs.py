"""What is going on in a space, in few lines: of what it is made, and when it has to be made anew.

Only memories that everybody in the space may read enter: none that is more than normally sensitive
and none that is private. So whoever reads the space may read all of its brief.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from apps.consolidation.core.extract import LINE, Sentence, extract, sentences
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.policy import ArchivistPolicy
from apps.consolidation.core.support import Cited
from apps.curation.core.digests import of_values

NEVER = frozenset({"brief", "preference"})
_LINE_MOST = 240  # characters of a line


def fingerprint(pieces: Sequence[Piece], policy: ArchivistPolicy) -> str:
    """Identity of all that a brief depends on: its sources as they are, and how it is made."""
    told = [policy.briefs, policy.brief_characters]
    if policy.briefs == "model":
        told += [policy.brief_prompt, policy.model]
    return of_values([told, [(piece.id, piece.revision, piece.hash) for piece in pieces]])


def may_enter(piece: Piece) -> bool:
    """Whether a memory may be quoted in a brief."""
    return not piece.sealed and piece.note.kind not in NEVER


def lines(
    pieces: Sequence[Piece],
    vectors: Mapping[int, npt.NDArray[np.float32]],
    *,
    room: int,
) -> tuple[Cited, ...]:
    """A brief without a model: the first sentence of the most central memories, word for word.

    Args:
        pieces: newest first.
        vectors: unit vectors of the memories by id, shape (dimensions,), where there are some;
            the others have their turn after those, the newest first.
        room: most characters, with `LINE` more than its own for each line.

    Returns:
        In the order of `pieces`; nothing is said twice.
    """
    said = _first_sentences(pieces)
    known = [one for one in said if pieces[one.source].id in vectors]
    shape = (len(known), len(next(iter(vectors.values()), ())))
    rows = [vectors[pieces[one.source].id] for one in known]
    chosen = list(extract(known, np.array(rows, dtype=np.float32).reshape(shape), room=room))
    left = room - sum(len(one.text) + LINE for one in chosen)
    for one in said:
        if one not in known and len(one.text) + LINE <= left:
            chosen.append(Cited(one.text, (one.source,)))
            left -= len(one.text) + LINE
    return tuple(sorted(chosen, key=lambda claim: claim.cites))


def _first_sentences(pieces: Sequence[Piece]) -> list[Sentence]:
    found: dict[str, Sentence] = {}
    for place, piece in enumerate(pieces):
        fitting = (one for one in sentences([piece.note.text]) if len(one.text) <= _LINE_MOST)
        first = next(fitting, None)
        if first is not None:
            found.setdefault(first.text.casefold(), Sentence(first.text, place))
    return list(found.values())
