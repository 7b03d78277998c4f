"""Which memories were merged into which: what was said of the parts is said of the whole."""

from collections import defaultdict
from collections.abc import Collection

from apps.memories.models import Provenance, Source, Status

Carriers = dict[int, frozenset[int]]
"""Row ids of memories by the row id of a memory whose evidence is theirs too."""


def carriers(ids: Collection[int]) -> Carriers:
    """The memories themselves, and every original that a merge put into one of them.

    A merge of merges is followed to its first originals; one that was undone is none. The key is
    whose evidence it is, the value whose it counts for: the same report counts once for each.

    Args:
        ids: row ids of live memories.
    """
    found: dict[int, set[int]] = {pk: {pk} for pk in ids}
    front = found
    while front:
        links = Provenance.objects.filter(
            memory__in=list(front),
            memory__source=Source.CONSOLIDATION,
            source_memory__status=Status.SUPERSEDED,
        )
        deeper: dict[int, set[int]] = defaultdict(set)
        for whole, part in links.values_list("memory_id", "source_memory_id"):
            if part is not None:
                deeper[part] |= front[whole] - found.get(part, set())
        front = {part: wholes for part, wholes in deeper.items() if wholes}
        for part, wholes in front.items():
            found[part] = found.get(part, set()) | wholes
    return {part: frozenset(wholes) for part, wholes in found.items()}
