"""Cutting the bytes of a transcript into chunks, without losing or doubling one."""

from collections.abc import Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """Bytes `start` up to, not including, `end`."""

    start: int
    end: int


def cut(data: bytes, *, size: int) -> Iterator[Span]:
    """Spans that cover `data` in order, each of at most `size` bytes.

    A span ends after a line where there is one in its second half, else before a character of
    UTF-8 begins, else anywhere.

    Args:
        data: any bytes.
        size: at least 8 bytes.

    Raises:
        ValueError: a smaller size.
    """
    if size < 8:
        raise ValueError("size must be at least 8 bytes")
    start = 0
    while start < len(data):
        end = _end(data, start, size)
        yield Span(start, end)
        start = end


def _end(data: bytes, start: int, size: int) -> int:
    last = start + size
    if last >= len(data):
        return len(data)
    newline = data.rfind(b"\n", start + size // 2, last)
    if newline >= 0:
        return newline + 1
    for end in range(last, last - 4, -1):
        if not 0x80 <= data[end] < 0xC0:  # not inside a character
            return end
    return last
