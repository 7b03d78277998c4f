"""The form of exports: JSON lines under a running digest, and the same as Markdown.

A file is a manifest, records, and an end that counts and digests all lines before it. It may come
in pages: a page that is not the last ends with a line `more`, which is no part of the digest and
names where to go on.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = "memoryhub.export.v1"
_EMPTY = "0" * 64
_FENCE = re.compile(r"`{3,}")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export is: after row `row` of section `section`, with `records` lines written.

    Attributes:
        digest: running SHA-256 over the lines so far, in hex.
    """

    section: int = 0
    row: int = 0
    records: int = 0
    digest: str = _EMPTY

    def after(self, text: str, *, section: int, row: int) -> "Place":
        """The place after one more line."""
        return Place(section, row, self.records + 1, advance(self.digest, text))

    def cursor(self) -> str:
        """The place as an opaque word."""
        told = json.dumps([self.section, self.row, self.records, self.digest])
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place(cursor: str) -> Place:
    """The place of a cursor.

    Raises:
        ValueError: no export gave it.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        section, row, records, digest = told
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise ValueError("no cursor of an export") from error
    numbers = (section, row, records)
    if not all(type(one) is int and 0 <= one < 2**63 for one in numbers):
        raise ValueError("no cursor of an export")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("no cursor of an export")
    return Place(section, row, records, digest)


def line(record: Mapping[str, Any]) -> str:
    """One record as a line of JSON, without its end."""
    return _encode(record).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def advance(digest: str, text: str) -> str:
    """The running digest after one more line."""
    return hashlib.sha256(f"{digest}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def markdown(record: Mapping[str, Any]) -> str:
    """A record for people. What was written stands in fences longer than any in it."""
    if record["type"] == "manifest":
        return f"# Export of {record['of']} {record['id']}\n\nMade at {record['made_at']}.\n"
    if record["type"] == "end":
        return f"---\n\n{record['records']} records. SHA-256 {record['sha256']}.\n"
    if record["type"] == "more":
        return f"---\n\nGoes on after {record['cursor']}.\n"
    body = record.get("text")
    shown = {key: value for key, value in record.items() if key not in {"type", "text"}}
    told = f"## {record['type']} {record.get('id', '')}".rstrip() + "\n\n"
    if body is not None:
        told += fenced(str(body)) + "\n"
    return told + fenced(json.dumps(shown, ensure_ascii=False, indent=2, default=str), "json")


def fenced(text: str, language: str = "text") -> str:
    """`text` as a block of code that it cannot end itself."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"
