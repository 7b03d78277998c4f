"""A stretch of a transcript in pieces that a model can cite, each with its place in the bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.captures.core import chunks, transcript
from apps.captures.core.chunks import Span
from apps.captures.core.transcript import Role

PIECE = 400  # characters that lines of one speaker are gathered up to


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one speaker.

    Attributes:
        start, end: bytes of the stretch, from its beginning; `end` is not included.
        text: what is said there, without the speaker's name.
    """

    start: int
    end: int
    role: Role
    text: str


def stretches(data: bytes, *, size: int) -> Iterator[tuple[Span, Role]]:
    """A transcript cut into stretches that are distilled by themselves, each with who speaks where
    it begins; `size` as for `chunks.cut`."""
    role: Role = ""
    for start, end in chunks.cut(data, size=size):
        yield Span(start, end), role
        role = transcript.speaking(readable(data[start:end]), role=role)


def pieces(data: bytes, *, role: Role = "") -> list[Piece]:
    """The stretch in order, each byte in one piece at most; blank lines are left out.

    Args:
        data: any bytes; what is no UTF-8 is read as the sign for that.
        role: who was speaking when it begins, if that is known.
    """
    found: list[Piece] = []
    for line in _lines(data, role):
        last = found[-1] if found else None
        fits = last is not None and len(last.text) + len(line.text) < PIECE
        if last is not None and fits and (last.role, last.end) == (line.role, line.start):
            found[-1] = replace(last, end=line.end, text=f"{last.text}\n{line.text}")
        else:
            found.append(line)
    return [piece for piece in found if piece.text.strip()]


def _lines(data: bytes, role: Role) -> Iterator[Piece]:
    start = 0
    for raw in data.splitlines(keepends=True):
        end = start + len(raw)
        said = list(transcript.turns(readable(raw), role=role))
        role = said[-1].role if said else role
        yield Piece(start, end, role, "\n".join(turn.text for turn in said))
        start = end


def readable(data: bytes) -> str:
    """Words; what is no UTF-8, or no text could hold, is read as the sign for that."""
    return data.decode("utf-8", errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
