"""Which memories of a space certainly say the same, and which only seem to.

Certain is what the rules of promotion call the same: the same letters with the same exact facets,
of one kind, for one time. That needs no model and no threshold, so nothing that a text says can
bring it about, and it may be carried out. All else is proposed to a person.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.consolidation.core.pieces import Piece, Whole, whole
from apps.curation.core.facets import Names, words
from apps.curation.core.groups import Group
from apps.curation.core.rules import read
from apps.curation.core.statements import statements

Words = Mapping[int, str]
"""Identity of the words that memories have or had, by row id."""

_SPELLINGS = 64
MAKES_NONE = frozenset({"summary", "brief"})  # kinds that are made of others


class Remembered:
    """Groups of memories that somebody decided on, found by any of their members."""

    def __init__(self, groups: Iterable[Words]) -> None:
        """Index the groups: there may be thousands, and each is asked about by few."""
        self._by_member: dict[int, list[Words]] = defaultdict(list)
        for group in groups:
            for member in group:
                self._by_member[member].append(group)

    def touching(self, pieces: Iterable[Piece]) -> list[Words]:
        """Groups that hold one of the pieces, in whatever words, each once."""
        found = (group for piece in pieces for group in self._by_member.get(piece.id, ()))
        return list({id(group): group for group in found}.values())

    def covers(self, pieces: Sequence[Piece]) -> bool:
        """Whether some group holds all of the pieces in their present words."""
        return any(
            all(group.get(piece.id) == piece.hash for piece in pieces)
            for group in self.touching(pieces[:1])
        )


@dataclass(frozen=True, slots=True)
class Possible:
    """Memories that seem to say the same: for a person to decide.

    Attributes:
        sources: row ids, ascending.
        lead: whose words would stay.
        confidence: mean likeness, in [0, 1].
        reasons: codes of what binds them, as in promotion.
    """

    sources: tuple[int, ...]
    lead: int
    confidence: float
    reasons: tuple[str, ...]


def same(pieces: Iterable[Piece], apart: Collection[Words] = ()) -> tuple[Whole, ...]:
    """What becomes one, surely.

    Args:
        pieces: memories of one space, in any order.
        apart: memories that a person wants apart, with the words they had then: two of them do not
            become one again while they have these words.

    Returns:
        In the order of their first source; no piece twice.

    Raises:
        ValueError: the pieces lie in several spaces.
    """
    found, kept_apart = [], Remembered(apart)
    for bucket in _buckets(pieces):
        names = Names.of(piece.note for piece in bucket)
        readings = [read(piece.note, names) for piece in bucket]
        for positions in statements(readings, limit=_SPELLINGS):
            alike = _kept([bucket[position] for position in positions], kept_apart)
            if len(alike) > 1:
                found.append(whole(alike))
    return tuple(sorted(found, key=lambda one: one.sources))


def possible(
    groups: Iterable[Group],
    pieces: Mapping[int, Piece],
    *,
    min_confidence: float,
    refused: Collection[Words] = (),
) -> tuple[Possible, ...]:
    """What to propose of the groups that curation finds.

    Args:
        groups: as curation groups the notes of one space.
        pieces: by id; members that are not among them are left out.
        min_confidence: of the group, in [0, 1].
        refused: memories that a person did not want as one, with the words they had then; the same
            memories, or some of them, are not proposed again.
    """
    found, known = [], Remembered(refused)
    for group in groups:
        members = tuple(sorted(m.note for m in group.members if m.note in pieces))
        if len({pieces[m].hash for m in members}) < 2 or group.confidence < min_confidence:
            continue
        if known.covers([pieces[m] for m in members]):
            continue
        if len({(pieces[m].note.kind, pieces[m].sealed) for m in members}) > 1:
            continue
        lead = group.canonical if group.canonical in members else members[0]
        found.append(Possible(members, lead, round(group.confidence, 4), group.reasons))
    return tuple(found)


def _buckets(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces that may be the same, at the price of one look at each."""
    found: dict[tuple[object, ...], list[Piece]] = defaultdict(list)
    spaces = set()
    for piece in sorted(pieces, key=lambda one: one.id):
        spaces.add(piece.space)
        if piece.note.kind not in MAKES_NONE:
            letters = "".join("".join(filter(str.isalnum, word)) for word in words(piece.note.text))
            times = (piece.valid_from, piece.valid_to, piece.expires_at)
            found[(letters or piece.hash, piece.note.kind, *times)].append(piece)
    if len(spaces) > 1:
        raise ValueError("Nothing crosses a space.")
    return [bucket for bucket in found.values() if len(bucket) > 1]


def _kept(alike: Sequence[Piece], apart: "Remembered") -> list[Piece]:
    """Without those that a person wants apart from another one of them."""
    barred: set[int] = set()
    for words_then in apart.touching(alike):
        held = [piece.id for piece in alike if words_then.get(piece.id) == piece.hash]
        if len(held) > 1:
            barred.update(held)
    return [piece for piece in alike if piece.id not in barred]
