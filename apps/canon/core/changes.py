"""The difference between two revisions, line by line."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["same", "added", "removed", "gap"]
AROUND = 3  # unchanged lines shown beside a change
MOST = 20_000  # lines that are compared one by one


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
    if len(a) + len(b) > MOST:
        return [*_removed(a, 0), *_added(b, 0)]
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    found: list[Line] = []
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
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
    return "\n".join(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=AROUND
        )
    )


def _same(lines: Sequence[str], old: int, new: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("same", text, old + at, new + at)


def _removed(lines: Sequence[str], old: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("removed", text, old=old + at)


def _added(lines: Sequence[str], new: int) -> Iterator[Line]:
    for at, text in enumerate(lines, start=1):
        yield Line("added", text, new=new + at)
