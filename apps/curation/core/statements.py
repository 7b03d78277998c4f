"""Notes that certainly say the same, as one statement; and who of them speaks for themselves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from apps.curation.core.notes import Note
from apps.curation.core.rules import Reading, is_relay

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


def statements(readings: Sequence[Reading], *, limit: int) -> tuple[tuple[int, ...], ...]:
    """Partition positions of `readings` into sets that certainly make the same statement.

    The same letters and the same exact facets make a statement, so it takes one look at each note
    and no comparison, and no veto can lie inside one. A relay that adds anything is not in it: what
    it adds must not inherit what the message earned.

    Args:
        readings: the notes, read, in a fixed order.
        limit: most different readings (spaced or capitalised otherwise) in one set, at least 1;
            beyond it, the same letters begin another set.

    Returns:
        Sets of positions, each sorted, in the order of their first position.
    """
    spellings: dict[tuple[object, ...], dict[Reading, int]] = {}
    found: dict[tuple[object, ...], list[int]] = {}
    for position, reading in enumerate(readings):
        said = (reading.letters, reading.facets)
        seen = spellings.setdefault(said, {})
        number = seen.setdefault(reading, len(seen))
        found.setdefault((*said, number // limit), []).append(position)
    return tuple(tuple(members) for members in found.values())


def distinct(readings: Sequence[Reading], positions: Sequence[int]) -> list[int]:
    """The first position of each different reading: a thousand equal texts are checked as one."""
    first: dict[Reading, int] = {}
    for position in positions:
        first.setdefault(readings[position], position)
    return list(first.values())


def own_words(
    notes: Mapping[int, Note], readings: Mapping[int, Reading], sets: Sequence[Sequence[int]]
) -> frozenset[int]:
    """Positions of the notes in which people say something themselves.

    Of a message that was passed on, those are the notes of its earliest author, by the hub's own
    clock; whoever passes it on is no witness and speaks for nobody, whatever they add to it.

    Args:
        notes: position -> note.
        readings: position -> the same note, read.
        sets: the statements of one group, as positions; each counts as one message.
    """
    found: set[int] = set()
    for message in _messages(readings, sets):
        first = min(message, key=lambda i: (notes[i].recorded_at, notes[i].id))
        found.update(i for i in message if notes[i].person == notes[first].person)
    return frozenset(found)


def _messages(
    readings: Mapping[int, Reading], sets: Sequence[Sequence[int]]
) -> tuple[list[int], ...]:
    """Statements that pass on one another, directly or by way of others, taken together."""
    heads = [members[0] for members in sets]
    union = Union(len(sets))
    for low, high in combinations(range(len(sets)), 2):
        if union.root(low) != union.root(high) and is_relay(
            readings[heads[low]], readings[heads[high]]
        ):
            union.join(low, high)
    messages: defaultdict[int, list[int]] = defaultdict(list)
    for number, members in enumerate(sets):
        messages[union.root(number)] += members
    return tuple(messages.values())
