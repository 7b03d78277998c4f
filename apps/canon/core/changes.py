"""The difference between two revisions, line by line.

The work is bounded whatever the texts are: anybody may propose words that are made to be slow.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "added", "removed", "gap"]
Step = tuple[str, int, int, int, int]  # as difflib tells them
AROUND = 3  # unchanged lines shown beside a change
MOST = 4_000  # lines that are compared one by one, beside those both begin and end with
COMMON = 8  # lines that stand more often than that tell no place


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference; `old` and `new` are numbers from 1, None where it is not."""

    kind: Kind
    text: str
    old: int | None = None
    new: int | None = None


def between(before: str, after: str) -> list[Line]:
    """Lines that changed, with three unchanged ones around them and `gap` where more follow."""
    a, b = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for number, group in enumerate(_groups(a, b)):
        if number:
            found.append(Line("gap", ""))
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                found += _same(a[a1:a2], a1, b1)
            else:
                found += [*_removed(a[a1:a2], a1), *_added(b[b1:b2], b1)]
    return found


def unified(before: str, after: str, path: str) -> str:
    """The difference as `diff -u` writes it."""
    a, b = before.splitlines(), after.splitlines()
    told = [f"--- a/{path}", f"+++ b/{path}"]
    for group in _groups(a, b):
        first, last = group[0], group[-1]
        told.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                told += [f" {line}" for line in a[a1:a2]]
            else:
                told += [f"-{line}" for line in a[a1:a2]] + [f"+{line}" for line in b[b1:b2]]
    return "\n".join(told) if len(told) > 2 else ""


def _groups(a: Sequence[str], b: Sequence[str]) -> Iterable[list[Step]]:
    """Changes with what stands around them, those that touch in one group."""
    matcher = SequenceMatcher(None, "", "")
    matcher.opcodes = _steps(a, b)  # type: ignore[attr-defined]  # it groups what it once told
    return matcher.get_grouped_opcodes(AROUND)


def _steps(a: Sequence[str], b: Sequence[str]) -> list[Step]:
    """How `b` comes of `a`; lines that both begin and end with are found without comparing."""
    head = _shared(a, b)
    tail = _shared(a[head:][::-1], b[head:][::-1])
    inner = _compared(a[head : len(a) - tail], b[head : len(b) - tail])
    steps: list[Step] = [
        ("equal", 0, head, 0, head),
        *((tag, a1 + head, a2 + head, b1 + head, b2 + head) for tag, a1, a2, b1, b2 in inner),
        ("equal", len(a) - tail, len(a), len(b) - tail, len(b)),
    ]
    return [step for step in steps if step[1] < step[2] or step[3] < step[4]]


def _compared(a: Sequence[str], b: Sequence[str]) -> Sequence[Step]:
    if len(a) + len(b) > MOST or not a or not b:
        return [("replace", 0, len(a), 0, len(b))]
    often = {line for line, count in Counter(b).items() if count > COMMON}
    return SequenceMatcher(often.__contains__, a, b, autojunk=False).get_opcodes()


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Lines that both begin with."""
    for at, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return at
    return min(len(a), len(b))


def _range(start: int, stop: int) -> str:
    """Of a hunk: the first line counted from 1, and how many."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _same(lines: Sequence[str], old: int, new: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("same", text, old + at, new + at)


def _removed(lines: Sequence[str], old: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("removed", text, old=old + at)


def _added(lines: Sequence[str], new: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("added", text, new=new + at)
