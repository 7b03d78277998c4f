"""Notes that certainly say the same, as one statement; and who of them counts as a witness."""

from collections.abc import Iterable, Mapping, Sequence

from apps.curation.core.notes import Note
from apps.curation.core.rules import Reading, compare_readings, differences, is_relay

Pair = tuple[int, int]


class Union:
    """Disjoint sets of positions, named by their smallest member."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, item: int) -> int:
        """The name of the set that `item` is in."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, a: int, b: int) -> int:
        """Unite the sets of `a` and `b`; returns the name of the united set."""
        low, high = sorted((self.root(a), self.root(b)))
        self._parent[high] = low
        return low

    def sets(self) -> tuple[tuple[int, ...], ...]:
        """All sets, each sorted, in the order of their names."""
        found: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            found.setdefault(self.root(item), []).append(item)
        return tuple(tuple(items) for items in found.values())


def statements(readings: Sequence[Reading], pairs: Iterable[Pair]) -> tuple[tuple[int, ...], ...]:
    """Partition positions of `readings` into sets that certainly make the same statement.

    Args:
        readings: the notes, read, in a fixed order.
        pairs: candidate pairs of positions. Identical texts need none: they find each other.

    Returns:
        Sets of positions; two positions that a veto keeps apart never share one.
    """
    union = Union(len(readings))
    spread: dict[int, list[int]] = {i: [i] for i in range(len(readings))}
    for a, b in [*_identical(readings), *sorted(pairs)]:
        low, high = sorted((union.root(a), union.root(b)))
        if low == high or compare_readings(readings[a], readings[b]).sameness != "same":
            continue
        if any(differences(readings[x], readings[y]) for x in spread[low] for y in spread[high]):
            continue
        union.join(low, high)
        spread[low] = distinct(readings, spread[low] + spread.pop(high))
    return union.sets()


def _identical(readings: Sequence[Reading]) -> list[Pair]:
    """Each text with every different reading of the same letters seen before it, once."""
    seen: dict[str, list[int]] = {}
    found = []
    for position, reading in enumerate(readings):
        earlier = seen.setdefault(reading.letters, [])
        found += [(other, position) for other in earlier]
        if all(readings[other] != reading for other in earlier):
            earlier.append(position)
    return found


def distinct(readings: Sequence[Reading], positions: Sequence[int]) -> list[int]:
    """One position for each different reading: a thousand equal texts are checked as one."""
    kept: list[int] = []
    for position in positions:
        if all(readings[position] != readings[other] for other in kept):
            kept.append(position)
    return kept


def witnesses(
    notes: Mapping[int, Note], readings: Mapping[int, Reading], sets: Sequence[Sequence[int]]
) -> frozenset[int]:
    """The people who say something themselves: of a message passed on, the earliest author only.

    Args:
        notes: position -> note.
        readings: position -> the same note, read.
        sets: the statements of one group, as positions; each counts as one message.
    """
    heads = [members[0] for members in sets]
    union = Union(len(sets))
    for low, high in _pairs(len(sets)):
        if union.root(low) != union.root(high) and is_relay(
            readings[heads[low]], readings[heads[high]]
        ):
            union.join(low, high)
    messages = [[i for s in one for i in sets[s]] for one in union.sets()]
    firsts = [
        min((notes[i].occurred_at, notes[i].id, notes[i].person) for i in m) for m in messages
    ]
    return frozenset(person for _, _, person in firsts)


def _pairs(size: int) -> list[Pair]:
    return [(i, j) for j in range(size) for i in range(j)]
