"""Whether what was made of some memories may be shown to a person at all, and if not, why."""

from collections.abc import Sequence

from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.support import Cited
from apps.consolidation.core.synthesis import connects


def written(claims: Sequence[Cited]) -> str:
    """Claims as a text, a line each."""
    return "\n".join(f"- {claim.text}" for claim in claims)


def on_summary(claims: Sequence[Cited], dropped: int, *, room: int) -> tuple[str, ...]:
    """Why a summary is dropped; empty when it is not.

    Args:
        claims: those that the sources support.
        dropped: how many they do not.
        room: most characters of its text.

    Returns:
        Codes: `nothing` (no claim is left), `unsupported` (most claims are not), `long`.
    """
    found = {
        "nothing": not claims,
        "unsupported": dropped > len(claims),
        "long": len(written(claims)) > room,
    }
    return tuple(code for code, holds in found.items() if holds)


def on_synthesis(
    claims: Sequence[Cited], dropped: int, sources: Sequence[Piece], *, people: int
) -> tuple[str, ...]:
    """Why a connecting note is dropped; empty when it is not.

    Returns:
        Codes as of `on_summary`, and `unconnected`: no claim rests on two people, or all of them
        together on fewer than `people`. It may be as long as its sources.
    """
    room = sum(len(piece.note.text) for piece in sources)
    found = on_summary(claims, dropped, room=room)
    apart = bool(claims) and not connects(claims, sources, people=people)
    return (*found, *(("unconnected",) if apart else ()))
