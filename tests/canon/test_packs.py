"""Packs are measured before they are unpacked."""

import io
import struct
import zlib
from contextlib import suppress
from hashlib import sha1
from typing import Any, cast

import pytest
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob, ShaFile
from dulwich.pack import write_pack_objects
from hypothesis import given
from hypothesis import strategies as st

from apps.canon.core import packs
from apps.canon.core.packs import PackError

BLOB, DELTA = 3, 7


def number(value: int, *, begun: int = 0, bits: int = 7) -> bytes:
    """Seven bits a byte, lowest first; the first byte has only `bits` of them beside `begun`."""
    out, low = bytearray(), value & ((1 << bits) - 1)
    value >>= bits
    out.append(begun | low | (128 if value else 0))
    while value:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
    return bytes(out)


def entry(kind: int, content: bytes, *, says: int | None = None) -> bytes:
    size = len(content) if says is None else says
    base = b"\1" * 20 if kind == DELTA else b""
    return number(size, begun=kind << 4, bits=4) + base + zlib.compress(content)


def pack(*entries: bytes, count: int | None = None) -> bytes:
    body = struct.pack(">4sLL", b"PACK", 2, len(entries) if count is None else count)
    body += b"".join(entries)
    return body + sha1(body).digest()


def copies(times: int) -> bytes:
    """A difference that says it makes a byte, and copies sixteen megabytes for each four."""
    return number(1 << 24) + number(1) + b"\xf0\xff\xff\xff" * times


def written(*objects: ShaFile) -> bytes:
    out, write = io.BytesIO(), cast("Any", write_pack_objects)
    write(out.write, list(objects), DEFAULT_OBJECT_FORMAT, deltify=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"no pack at all, but long enough", "is no pack"),
        (b"PAC", "broken"),
        (pack(entry(BLOB, b"x" * 10), count=2), "broken"),
        (pack(count=packs.OBJECTS + 1), "at most 200,000 objects"),
        (pack(entry(BLOB, b"\0" * (packs.LARGEST + 1))), "at most 16,777,216 bytes"),
        (pack(entry(BLOB, b"\0" * 100_000, says=10)), "broken"),
        (pack(entry(BLOB, b"", says=10)), "broken"),
        (pack(entry(DELTA, copies(2))), "at most 16,777,216 bytes"),
        (pack(entry(5, b"x")), "broken"),
        (pack(b"\xbf" + b"\xff" * 30), "broken"),
        (pack(*[entry(BLOB, b"\0" * (1 << 24))] * 17), "unpacks to at most 268,435,456"),
    ],
    ids=[
        "none", "short", "fewer", "many", "large", "more", "less", "copies", "kind", "endless",
        "whole",
    ],
)  # fmt: skip
def test_what_is_too_much_is_refused(data, says):
    with pytest.raises(PackError, match=says):
        packs.check(data)


TEXTS = st.lists(st.binary(max_size=2_000), max_size=8)


@given(TEXTS, st.binary(max_size=20_000))
def test_what_git_writes_is_let_through(texts, common):
    packs.check(written(*(Blob.from_string(common + text) for text in texts)))
    packs.check(b"")


@given(st.binary(max_size=200), st.integers(0, 300))
def test_nothing_else_is_raised(noise, at):
    whole = written(Blob.from_string(b"a" * 500), Blob.from_string(b"a" * 500 + b"b"))
    data = whole[:at] + noise + whole[at + len(noise) :]
    with suppress(PackError):
        packs.check(data)
