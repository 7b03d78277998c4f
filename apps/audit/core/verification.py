"""Whether a log is the one that was sealed, and if not, where it first differs.

What is read is a stream: the leaves that a seal covers, in order of position, then the seal.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import Any, Literal

from apps.audit.core.canon import COLUMNS, FIRST, Head, event_bytes
from apps.audit.core.merkle import Edge, leaf_hash

Signed = Literal["valid", "forged", "unknown"]
Kind = Literal[
    "changed", "removed", "inserted", "reordered", "truncated", "forged", "unchained", "rewritten"
]
_TRIED = 1_000  # leaves of one seal among which a single inserted one is looked for


@dataclass(frozen=True, slots=True)
class Leaf:
    """An event's place in the log. `event` has its columns; None when there is no such event."""

    position: int
    event_id: int
    version: int
    hash: bytes
    event: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Problem:
    """The first difference: what kind, a sentence, and the event's row id where there is one."""

    kind: Kind
    sentence: str
    position: int | None = None
    event_id: int | None = None
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read, and the first problem; None when the log is as it was sealed."""

    events: int
    seals: int
    last: Head | None
    problem: Problem | None = None
    expected: bool = False  # the seal that was asked for was met


class Checker:
    """Reads the stream record by record; the first problem ends it.

    Args:
        signed: tells of a seal whether its signature is valid, forged or by an unknown key.
        expect: hash of a seal that must be in the chain; None for none.
    """

    def __init__(self, signed: Callable[[Head], Signed], expect: bytes | None = None) -> None:
        self._signed, self._expect = signed, expect
        self._before = self._edge = Edge()  # at the last seal; now
        self._batch: list[Leaf] = []
        self._last: Head | None = None
        self._met = False
        self._pushed: bytes | None = None  # the leaf after the seal being read

    def read(self, records: Iterable[Leaf | Head]) -> Verdict:
        """The verdict on a whole stream."""
        for record, after in pairwise(chain(records, [None])):
            if isinstance(record, Head):
                self._pushed = after.hash if isinstance(after, Leaf) else None
                problem = self._head(record)
            elif isinstance(record, Leaf):
                problem = self._leaf(record)
            if problem:
                return self._verdict(problem)
        return self._verdict(self._end())

    def _verdict(self, problem: Problem | None) -> Verdict:
        seals = self._last.number if self._last else 0
        return Verdict(self._edge.size, seals, self._last, problem, self._met)

    def _leaf(self, leaf: Leaf) -> Problem | None:
        if problem := _misplaced(leaf, self._edge.size) or _altered(leaf):
            return problem
        self._batch.append(leaf)
        self._edge = self._edge.append(leaf.hash)
        return None

    def _head(self, head: Head) -> Problem | None:
        problem = self._unchained(head) or self._unsigned(head) or self._uncovered(head)
        if problem is None:
            self._last, self._before, self._batch = head, self._edge, []
            self._met = self._met or head.hash == self._expect
        return problem

    def _unchained(self, head: Head) -> Problem | None:
        number = self._last.number + 1 if self._last else 1
        previous = self._last.hash if self._last else FIRST
        if head.number != number:
            told = f"Seal {number} is missing: seal {head.number} stands in its place."
            return Problem("unchained", told, seal=number)
        if hashlib.sha256(head.message()).digest() != head.hash:
            told = f"Seal {number} was changed: its content does not give its hash."
            return Problem("forged", told, seal=number)
        if head.previous != previous:
            told = f"Seal {number} does not continue seal {number - 1}: the chain is broken there."
            return Problem("unchained", told, seal=number)
        return None

    def _unsigned(self, head: Head) -> Problem | None:
        found = self._signed(head)
        if found == "valid":
            return None
        told = {
            "unknown": f"Seal {head.number} is signed by key {head.key}, which is not trusted.",
            "forged": f"The signature of seal {head.number} is not that of key {head.key}.",
        }
        return Problem("forged", told[found], seal=head.number)

    def _uncovered(self, head: Head) -> Problem | None:
        size = self._edge.size
        if size < head.size:
            told = (
                f"The log ends at position {size - 1}, and seal {head.number} counts {head.size}"
                f" events: {head.size - size} are missing."
            )
            return Problem("truncated", told, position=size, seal=head.number)
        if size > head.size:
            first = self._batch[head.size - size]
            told = f"{_named(first)} stands before seal {head.number}, which does not count it."
            return Problem("inserted", told, first.position, first.event_id, head.number)
        if self._edge.root() != head.root:
            return self._rewritten(head)
        return None

    def _rewritten(self, head: Head) -> Problem:
        """Events and leaves agree with each other, but not with the seal."""
        if (stranger := self._stranger(head.root)) is not None:
            leaf = self._batch[stranger]
            told = f"{_named(leaf)} was inserted, and what follows it moved."
            return Problem("inserted", told, leaf.position, leaf.event_id, head.number)
        if (moved := _descending(self._batch)) is not None:
            told = f"{_named(moved)} was moved: in a seal, events stand by ascending id."
            return Problem("reordered", told, moved.position, moved.event_id, head.number)
        first = self._batch[0] if self._batch else None
        told = (
            f"Between the positions {self._before.size} and {head.size - 1} an event and its leaf"
            f" were changed, removed or inserted together: they do not give the root of seal"
            f" {head.number}."
        )
        return Problem(
            "rewritten", told, self._before.size, first.event_id if first else None, head.number
        )

    def _stranger(self, root: bytes) -> int | None:
        """Place in the batch of the one leaf without which the root is right, the last one of the
        true leaves having been pushed into the next batch; None when that is not it."""
        if len(self._batch) > _TRIED or self._pushed is None:
            return None
        hashes = [*(leaf.hash for leaf in self._batch), self._pushed]
        edge = self._before
        for place, one in enumerate(hashes[:-1]):
            if edge.extend(islice(hashes, place + 1, None)).root() == root:
                return place
            edge = edge.append(one)
        return None

    def _end(self) -> Problem | None:
        if self._batch:
            first = self._batch[0]
            told = (
                f"{_named(first)} has a place in the log and no seal covers it: it was inserted,"
                " or seals were removed."
            )
            return Problem("truncated", told, first.position, first.event_id)
        if self._expect is not None and not self._met:
            told = (
                f"No seal has the hash {self._expect.hex()}: the log was cut off before it, or"
                " rewritten."
            )
            return Problem("truncated", told)
        return None


def _misplaced(leaf: Leaf, expected: int) -> Problem | None:
    if leaf.position == expected:
        return None
    if leaf.position > expected:
        told = f"The leaf at position {expected} is missing: an event was removed there."
        return Problem("removed", told, position=expected)
    told = f"{_named(leaf)} has a position that was taken: it was inserted."
    return Problem("inserted", told, leaf.position, leaf.event_id)


def _altered(leaf: Leaf) -> Problem | None:
    where = (leaf.position, leaf.event_id)
    if leaf.event is None:
        return Problem("removed", f"{_named(leaf)} was removed: its leaf is there.", *where)
    if leaf.version not in COLUMNS:
        told = f"{_named(leaf)} is in form {leaf.version}, which this release does not know."
        return Problem("changed", told, *where)
    if leaf_hash(event_bytes(leaf.event, leaf.version)) != leaf.hash:
        told = f"{_named(leaf)} was changed: its columns do not give the hash of its leaf."
        return Problem("changed", told, *where)
    return None


def _descending(batch: Sequence[Leaf]) -> Leaf | None:
    """The first leaf that stands before one of a lower id."""
    return next((one for one, after in pairwise(batch) if one.event_id > after.event_id), None)


def _named(leaf: Leaf) -> str:
    public_id = f", {leaf.event['public_id']}" if leaf.event else ""
    return f"Event {leaf.event_id} at position {leaf.position}{public_id}"
