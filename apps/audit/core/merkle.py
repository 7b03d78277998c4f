"""The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf.

Of a tree of n leaves only its right edge is kept: the roots of the perfect subtrees that the binary
digits of n name, largest first. That is enough to append and to tell the root, so that a seal costs
what was added since the last one and not the whole log.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Range = tuple[int, int]  # leaves from the first to before the second


@dataclass(frozen=True, slots=True)
class Edge:
    """A tree of `size` leaves: roots of its perfect subtrees, one per set bit, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Edge":
        """The tree with one more leaf hash (32 bytes); amortised two hashes."""
        peaks, grown = list(self.peaks), leaf
        complete = self.size
        while complete & 1:
            grown = node_hash(peaks.pop(), grown)
            complete >>= 1
        return Edge(self.size + 1, (*peaks, grown))

    def extend(self, leaves: Iterable[bytes]) -> "Edge":
        """The tree with more leaf hashes, in order."""
        return reduce(Edge.append, leaves, self)

    def root(self) -> bytes:
        """Merkle tree hash, 32 bytes; of no leaves the SHA-256 of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        *others, last = self.peaks
        return reduce(lambda right, left: node_hash(left, right), reversed(others), last)

    def packed(self) -> bytes:
        """The peaks one after the other."""
        return b"".join(self.peaks)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> "Edge":
        """The edge that `packed` was.

        Raises:
            ValueError: a tree of `size` leaves has another number of peaks.
        """
        if size < 0 or len(packed) != HASH_BYTES * size.bit_count():
            raise ValueError(f"these are not the peaks of a tree of {size} leaves")
        steps = range(0, len(packed), HASH_BYTES)
        return cls(size, tuple(packed[start : start + HASH_BYTES] for start in steps))


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256 of 0x00 and its bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Leaf ranges whose roots prove that leaf `index` is in the tree of `size`, lowest first.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Leaf ranges whose roots prove that the tree of `new` leaves begins with the tree of `old`.

    Raises:
        ValueError: not 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves does not continue one of {old}")
    start, end, path = 0, new, []
    whole = True  # the old tree is a subtree that the verifier knows: its root
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    return ([] if whole else [(start, end)]) + path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Root that a tree has if `proof` is right about `leaf` (RFC 9162, section 2.1.3.2).

    Raises:
        ValueError: the proof has the wrong length for that leaf and size.
    """
    ranges = inclusion_ranges(index, size)
    if len(ranges) != len(proof):
        raise ValueError(f"the proof has {len(proof)} hashes and needs {len(ranges)}")
    found = leaf
    for (start, _end), sibling in zip(ranges, proof, strict=True):
        found = node_hash(found, sibling) if start > index else node_hash(sibling, found)
    return found


def roots_from_consistency(
    old: int, new: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Roots of the trees of `old` and `new` leaves as the proof makes them (RFC 6962, 2.1.2).

    The new tree continues the old one if both are the roots that were promised.

    Raises:
        ValueError: the proof has the wrong length for these sizes.
    """
    ranges = consistency_ranges(old, new)
    if len(ranges) != len(proof):
        raise ValueError(f"the proof has {len(proof)} hashes and needs {len(ranges)}")
    known = dict(zip(ranges, proof, strict=True))
    if all(end != old for _, end in ranges):  # the old tree is one subtree of the new one
        known[(0, old)] = old_root
    return _joined((0, old), known), _joined((0, new), known)


def prove(ranges: Iterable[Range], leaves: Callable[[int, int], Iterable[bytes]]) -> list[bytes]:
    """Roots of the ranges; `leaves(start, end)` yields the leaf hashes of one."""
    return [Edge().extend(leaves(*each)).root() for each in ranges]


def _joined(wanted: Range, known: Mapping[Range, bytes]) -> bytes:
    """Root of a range from the known roots of its parts."""
    if wanted in known:
        return known[wanted]
    start, end = wanted
    middle = start + _split(end - start)
    return node_hash(_joined((start, middle), known), _joined((middle, end), known))


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return int(1 << ((count - 1).bit_length() - 1))
