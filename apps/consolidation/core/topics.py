"""Old, little used memories that are about one topic."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.consolidation.core.pieces import PRIVATE, Piece
from apps.consolidation.core.policy import ArchivistPolicy
from apps.curation.core.linkage import Linkage
from apps.curation.core.notes import Edge


@dataclass(frozen=True, slots=True)
class Used:
    """What speaks for keeping a memory as it is.

    Attributes:
        times: tasks that said they used it.
        latest: when it was last written, changed, confirmed or used.
    """

    times: int
    latest: datetime


def old(piece: Piece, used: Used, policy: ArchivistPolicy, now: datetime) -> bool:
    """Whether a memory may be summarised."""
    return (
        piece.note.kind not in policy.protected_kinds
        and used.times <= policy.max_uses
        and now - used.latest >= timedelta(days=policy.min_age_days)
    )


def topics(
    pieces: Iterable[Piece], edges: Sequence[Edge], policy: ArchivistPolicy
) -> tuple[tuple[int, ...], ...]:
    """Groups of pieces that are near one another by meaning, on average.

    What is more than normally sensitive or private shares a topic with its like only, so that a
    summary hides nothing that was open and opens nothing that was hidden.

    Args:
        pieces: old ones, of one space.
        edges: pairs that a search found near; their cosines count.
        policy: nearness and size of a topic.

    Returns:
        Row ids, ascending, topics in the order of their first; each piece in one at most.
    """
    ordered = sorted(pieces, key=lambda piece: piece.id)
    place = {piece.id: position for position, piece in enumerate(ordered)}
    links = _links(edges, place, policy.topic_threshold)

    def apart(a: int, b: int) -> bool:
        return _openness(ordered[a]) != _openness(ordered[b])

    linkage = Linkage(len(ordered), links, threshold=policy.topic_threshold / 2)
    found = linkage.clusters(limit=policy.max_topic, apart=apart)
    ids = (tuple(ordered[position].id for position in one) for one in found)
    return tuple(sorted(one for one in ids if len(one) >= policy.min_topic))


def _links(
    edges: Sequence[Edge], place: Mapping[int, int], threshold: float
) -> dict[tuple[int, int], float]:
    links: dict[tuple[int, int], float] = {}
    for edge in edges:
        if edge.a == edge.b or edge.a not in place or edge.b not in place:
            continue
        low, high = sorted((place[edge.a], place[edge.b]))
        if edge.cosine >= threshold:
            links[low, high] = max(links.get((low, high), 0.0), min(edge.cosine, 1.0))
    return links


def _openness(piece: Piece) -> tuple[str, bool]:
    return piece.sensitivity, PRIVATE in piece.note.tags
