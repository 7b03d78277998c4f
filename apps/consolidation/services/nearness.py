"""What the search index says of a space's memories: which are near, which are clean."""

from collections.abc import Iterable, Mapping, Sequence

from apps.consolidation.core.pieces import Piece
from apps.consolidation.models import Change, ChangeKind, RunState
from apps.consolidation.services.work import Work
from apps.curation.core.notes import Edge
from apps.curation.core.screen import screen
from apps.curation.services.neighbours import Search


def near(work: Work, step: str, pieces: Mapping[int, Piece], ids: Sequence[int]) -> list[Edge]:
    """Pairs of `pieces` that the search finds near some of them, `ids`, by meaning or words."""
    if not ids:
        return []

    def told(_: str, done: int, total: int) -> None:
        work.beat(step, done, total)

    search = Search([pieces[pk].note for pk in ids], [work.space.pk])
    return [edge for edge in search.alike(told) if edge.a in pieces and edge.b in pieces]


def fresh(work: Work, pieces: Mapping[int, Piece]) -> list[int]:
    """Ids of the pieces that no complete run has compared with the rest, in their order.

    What a run made of several in its step before was compared in the same run.
    """
    since = work.run.seen_from
    if since is None:
        return list(pieces)
    made = Change.objects.filter(
        space=work.space,
        kind=ChangeKind.MERGE,
        created_at__gte=since,
        run__state=RunState.DONE,
        run__dry=False,
    )
    compared = set(made.values_list("result_id", flat=True))
    return [
        pk for pk, one in pieces.items() if one.note.recorded_at >= since and pk not in compared
    ]


def clean(pieces: Iterable[Piece]) -> dict[int, Piece]:
    """Those that hold no secret, no personal data and no instruction: the rest no step reads."""
    return {
        piece.id: piece
        for piece in pieces
        if not screen(piece.note.text, metadata=piece.note.metadata, tags=piece.note.tags)
    }
