"""Screen: what must not leave its space, whatever its score.

Patterns catch credentials and personal data well and planted instructions only in part: a third of
real attacks carries no sign in the text. Independence, review and contradiction carry that defence;
the screen only takes out what can be seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from . import credentials, instructions, personal
from .marks import Kind, Mark, kind_of

__all__ = ["SCREEN_VERSION", "Kind", "Mark", "kind_of", "screen"]

# What was found clean is not read again until this number changes: raise it with every change of
# what the screen finds. A test compares the rules with the number.
SCREEN_VERSION = 1

_MAX_DEPTH = 8


def screen(
    text: str, *, metadata: Mapping[str, object] | None = None, tags: Sequence[str] = ()
) -> tuple[Mark, ...]:
    """Find secrets, personal data and instruction-like text in one memory.

    Args:
        text: the memory, any characters, up to 32 KiB.
        metadata: JSON-like values, read as `key: value` lines; below 8 levels it is not read.
        tags: read as one line each.

    Returns:
        Marks by position, without duplicates, empty when nothing was found. Spans index `text`;
        a hit in a tag or in metadata has the empty span (0, 0).
    """
    found = set(_marks(text))
    beside = "\n".join([*tags, *_lines(metadata or {}, 0)])
    found |= {replace(mark, start=0, end=0) for mark in _marks(beside)}
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.end, mark.code)))


def _marks(text: str) -> Iterator[Mark]:
    if text.strip():
        yield from credentials.find(text)
        yield from personal.find(text)
        yield from instructions.find(text)


def _lines(value: object, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            nested = isinstance(inner, Mapping | list | tuple)
            yield from _lines(inner, depth + 1) if nested else [f"{key}: {inner}"]
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _lines(inner, depth + 1)
    else:
        yield str(value)
