"""Reading a file of an export, or one made by hand: every line is hostile until it is checked."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from rest_framework.exceptions import ValidationError

from apps.governance.core import exchange
from apps.governance.services.imports import Line
from apps.kernel.errors import Error, Invalid, LimitExceeded
from apps.kernel.parsers import complaint
from apps.memories.api.serializers import MemoryIn

LINES = 100_000
LONGEST = 4 * 1024 * 1024  # characters of one line, history and all
_FIELDS = (
    "text", "kind", "tags", "metadata", "language", "importance", "sensitivity", "occurred_at",
    "valid_from", "valid_to", "expires_at", "session_id",
)  # fmt: skip
_MEMORY_IN = MemoryIn()  # made once: making its fields costs a line more than using them
_TAKEN = frozenset({"active", "archived"})  # what was taken back or replaced stays so


class _Reader:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.skipped = 0
        self.digest = exchange.Place().digest
        self.manifest = self.ended = False

    def take(self, number: int, text: str) -> None:
        record = _parsed(number, text)
        kind = record.get("type", "memory")
        if kind == "more":
            return
        if kind == "end":
            self.ended = True
            if record.get("sha256") != self.digest:
                raise _wrong(number, "sha256", "The lines before are not those that were written.")
            return
        self.digest = exchange.advance(self.digest, text)
        if kind == "manifest":
            self.manifest = True
            if record.get("format") != exchange.FORMAT:
                raise _wrong(number, "format", f"It must be {exchange.FORMAT}.")
        elif kind == "memory" and record.get("status", "active") in _TAKEN:
            self.lines.append(_line(number, record))
        else:
            self.skipped += 1


def read(lines: Iterable[str], *, most: int = LINES) -> tuple[list[Line], int]:
    """The memories of a file, and how many other records were left out.

    A file with a manifest must be whole and unchanged. One without is taken as it is: lines of
    JSON objects as in `POST /memories`.

    Args:
        most: lines of a file.

    Raises:
        Invalid, LimitExceeded: a line cannot be taken; `attr` is `lines.<number>.<field>`.
    """
    reader = _Reader()
    for number, raw in enumerate(lines, start=1):
        text = raw.rstrip("\r\n")
        if number > most:
            raise LimitExceeded(f"The file has more than {most:,} lines.", attr="lines")
        if text.strip():
            reader.take(number, text)
    if reader.manifest and not reader.ended:
        raise Invalid("The file was cut off: its last line is missing.", attr="lines")
    return reader.lines, reader.skipped


def _parsed(number: int, text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise LimitExceeded(
            f"line {number} has {len(text):,} characters; the limit is {LONGEST:,}.",
            attr=f"lines.{number}",
        )
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(number, "json", "It is not a JSON object.") from error
    if not isinstance(record, dict):
        raise _wrong(number, "json", "It is not a JSON object.")
    if found := complaint(record):
        raise _wrong(number, "json", found)
    return cast("dict[str, Any]", record)


def _line(number: int, record: Mapping[str, Any]) -> Line:
    given = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    try:
        draft = MemoryIn.draft(_MEMORY_IN.run_validation(given))
        draft.check()
    except ValidationError as error:
        field, detail = _first(error.detail)
        raise _wrong(number, field, detail) from error
    except Error as error:
        raise _wrong(number, error.attr or "text", error.detail) from error
    return Line(number, _id(number, record.get("id")), draft)


def _id(number: int, given: Any) -> UUID | None:
    if given is None:
        return None
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong(number, "id", "It must be a UUID.") from error


def _first(detail: Any, field: str = "") -> tuple[str, str]:
    """The first error in DRF's nested form, with its path."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        return _first(inner, f"{field}.{name}" if field else str(name))
    if isinstance(detail, list):
        return _first(next(one for one in detail if one), field)
    return field or "text", str(detail)


def _wrong(number: int, field: str, detail: str) -> Invalid:
    return Invalid(f"line {number}, {field}: {detail}", attr=f"lines.{number}.{field}")
