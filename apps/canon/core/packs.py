"""What a pack of git objects would become, before anything unpacks it.

A pack says little of how much it holds: a megabyte may inflate to a gigabyte, and a difference of
seven bytes may copy sixteen megabytes. What is over the bounds is never unpacked; a repository of
documents has nothing near them.

Source: git's Documentation/gitformat-pack.adoc, "pack-*.pack files have the following format".
"""

import struct
import zlib

OBJECTS = 200_000  # of one pack
LARGEST = 16 * 1024 * 1024  # bytes of one object
WHOLE = 256 * 1024 * 1024  # bytes of all of them
_PLAIN, _BY_PLACE, _BY_NAME = range(1, 5), 6, 7
_NAME = 20  # bytes of SHA-1
_PIECE = 4 * 1024
_COPIED = 0x10000  # bytes that a copy without a length copies


class PackError(ValueError):
    """Says what is wrong with a pack."""


def check(data: bytes) -> None:
    """Go through a pack without keeping what it holds.

    Args:
        data: the pack; none at all (b"") holds nothing.

    Raises:
        PackError: it is no pack, or holds more than the bounds say.
    """
    if not data:
        return
    try:
        signature, _, count = struct.unpack_from(">4sLL", data)
        if signature != b"PACK":
            raise PackError("it is no pack")
        _all(memoryview(data), count)
    except (struct.error, zlib.error, IndexError) as error:
        raise PackError("the pack is broken") from error


def _all(data: memoryview, count: int) -> None:
    if count > OBJECTS:
        raise PackError(f"a pack has at most {OBJECTS:,} objects")
    at, whole = struct.calcsize(">4sLL"), 0
    for _ in range(count):
        at, size = _one(data, at)
        whole += size
        if whole > WHOLE:
            raise PackError(f"a pack unpacks to at most {WHOLE:,} bytes")


def _one(data: memoryview, at: int) -> tuple[int, int]:
    """Where the object at `at` ends, and the bytes it takes unpacked."""
    first = data[at]
    kind = (first >> 4) & 7
    size, at = _number(data, at + 1, begun=first & 15, bits=4) if first & 128 else (
        first & 15, at + 1,
    )  # fmt: skip
    if kind in _PLAIN:
        return _inflated(data, at, size, keep=False)[1], size
    if kind == _BY_NAME:
        at += _NAME
    elif kind == _BY_PLACE:
        _, at = _number(data, at)
    else:
        raise PackError("the pack is broken")
    delta, at = _inflated(data, at, size, keep=True)
    return at, size + _applied(delta)


def _number(data: memoryview, at: int, *, begun: int = 0, bits: int = 0) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends."""
    found = begun
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 127) << bits
        bits += 7
        if not byte & 128:
            return found, at
        if bits > 63:
            raise PackError("the pack is broken")


def _inflated(data: memoryview, at: int, size: int, *, keep: bool) -> tuple[memoryview, int]:
    """What is deflated at `at`, empty unless kept, and where it ends.

    Raises:
        PackError: it is larger than an object may be, or not as large as it says.
    """
    if size > LARGEST:
        raise PackError(f"an object has at most {LARGEST:,} bytes")
    inflater, kept, made = zlib.decompressobj(), bytearray(), 0
    while not inflater.eof:
        piece = data[at : at + _PIECE]
        out = inflater.decompress(piece, size - made + 1)
        made += len(out)
        if not piece or made > size:
            raise PackError("the pack is broken")
        if keep:
            kept += out
        at += len(piece) - len(inflater.unused_data)
    if made != size:
        raise PackError("the pack is broken")
    return memoryview(bytes(kept)), at


def _applied(delta: memoryview) -> int:
    """Bytes that a difference makes, by what it does and not by what it says."""
    _, at = _number(delta, 0)
    _, at = _number(delta, at)
    made = 0
    while at < len(delta):
        order = delta[at]
        at += 1
        if order & 128:
            at += (order & 15).bit_count()
            wide = (order >> 4) & 7
            length, at = _length(delta, at, wide)
            made += length or _COPIED
        else:
            at, made = at + order, made + order
        if made > LARGEST:
            raise PackError(f"an object has at most {LARGEST:,} bytes")
    return made


def _length(delta: memoryview, at: int, wide: int) -> tuple[int, int]:
    """How much is copied: a bit of `wide` for each byte that is told, lowest first."""
    length = 0
    for place in range(3):
        if wide & (1 << place):
            length |= delta[at] << (8 * place)
            at += 1
    return length, at
