"""Which memories a connecting note may be made of, and whether it connects them."""

from collections.abc import Collection, Iterable, Sequence

from apps.consolidation.core.duplicates import MAKES_NONE, Words
from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.support import Cited

_NEVER = MAKES_NONE | {"preference"}
_COVERED = 0.5  # share of a topic that an earlier note must not have connected already


def may_connect(piece: Piece) -> bool:
    """Whether a model may read the memory to connect it with others."""
    return not piece.sealed and piece.note.kind not in _NEVER


def connectable(
    topics: Iterable[Sequence[Piece]], *, people: int, earlier: Collection[Words] = ()
) -> tuple[tuple[Piece, ...], ...]:
    """Topics that several people wrote about and that no earlier note covers.

    Args:
        topics: pieces about one topic each.
        people: who must have written; an agent counts as the person that answers for it.
        earlier: sources of earlier notes, with the words they had then. A topic is covered while
            more than half of its pieces stand in one of them in these words.

    Returns:
        In the order given.
    """
    return tuple(
        tuple(topic)
        for topic in topics
        if len(_people(topic)) >= people and not any(_covers(one, topic) for one in earlier)
    )


def connects(claims: Sequence[Cited], sources: Sequence[Piece], *, people: int) -> bool:
    """Whether claims rest on `people` persons together, and one of them on two persons at once.

    Without the latter they are a list of what each said.
    """
    cited = [_people([sources[cite] for cite in claim.cites]) for claim in claims]
    together: set[int] = set().union(*cited)
    return len(together) >= people and any(len(one) > 1 for one in cited)


def _people(pieces: Iterable[Piece]) -> set[int]:
    return {piece.note.person for piece in pieces}


def _covers(earlier: Words, topic: Sequence[Piece]) -> bool:
    known = sum(earlier.get(piece.id) == piece.hash for piece in topic)
    return known > _COVERED * len(topic)
