"""The log as JSON lines, and verifying it from them alone, without a database.

The first line says what it is and names the public keys; then come the leaves of each seal with
their events, and the seal; the last line says that the file is whole.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from apps.audit.core.canon import COLUMNS, VERSION, Head
from apps.audit.core.verification import Checker, Leaf, Problem, Verdict
from apps.audit.services import keys, log
from apps.audit.services.log import Told
from apps.kernel.errors import Invalid

FORMAT = "memoryhub.audit.v1"


def export(*, told: Told | None = None) -> Iterator[str]:
    """The log as JSON lines: what it is, the leaves of each seal and the seal, how it ends."""
    public = [keys.encoded(key) for key in keys.trusted().values()]
    yield _line("log", {"format": FORMAT, "keys": public})
    events = count = 0
    for record in log.records(told):
        if isinstance(record, Head):
            count += 1
            yield _line("seal", seal_fields(record))
        else:
            events += 1
            yield _line("event", leaf_fields(record))
    yield _line("end", {"events": events, "seals": count})


def verify_export(
    lines: Iterable[str],
    *,
    known: Mapping[str, bytes],
    expect: bytes | None = None,
    told: Told | None = None,
) -> Verdict:
    """Check an export against its seals and the public keys `known`; reads no database.

    Raises:
        Invalid: a line is not one of an export; it is named.
    """
    reader = _Reader(told)
    verdict = Checker(partial(keys.check, known=known), expect).read(reader.read(lines))
    if verdict.problem or reader.ended:
        return verdict
    cut = Problem("truncated", "The export has no last line: the file was cut off.")
    return replace(verdict, problem=cut)


def keys_in(first_line: str) -> dict[str, bytes]:
    """Public keys that an export brings along, by id. It may have been written by anybody.

    Raises:
        Invalid: it is not the first line of an export.
    """
    head = _parsed(first_line, 1)
    if head.get("format") != FORMAT or not isinstance(head.get("keys"), list):
        raise Invalid(f"line 1 is not that of an export: its format is not {FORMAT}.")
    found = [keys.decoded(str(text), name="A key in line 1") for text in head["keys"]]
    return {keys.id_of(public): public for public in found}


class _Reader:
    """Lines of an export as records; `ended` once its last line was read."""

    def __init__(self, told: Told | None) -> None:
        self.ended = False
        self._told = told

    def read(self, lines: Iterable[str]) -> Iterator[Leaf | Head]:
        for number, line in enumerate(lines, 1):
            if number == 1:
                keys_in(line)
                continue
            fields = _parsed(line, number)
            try:
                record = _RECORDS[fields.pop("type")](fields)
            except (KeyError, TypeError, ValueError) as error:
                raise Invalid(f"line {number} is not one of an export.") from error
            if self.ended:
                raise Invalid(f"line {number} stands after the end of the export.")
            if record is None:
                self.ended = True
                continue
            if self._told and isinstance(record, Leaf):
                self._told(1)
            yield record


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise Invalid(f"line {number} is not JSON.") from error
    if not isinstance(fields, dict):
        raise Invalid(f"line {number} is not a JSON object.")
    return fields


def _line(kind: str, fields: Mapping[str, Any]) -> str:
    return json.dumps({"type": kind, **fields}) + "\n"


def leaf_fields(leaf: Leaf) -> dict[str, Any]:
    return {
        "position": leaf.position,
        "event_id": leaf.event_id,
        "version": leaf.version,
        "hash": leaf.hash.hex(),
        "event": leaf.event,
    }


def seal_fields(head: Head) -> dict[str, Any]:
    return {
        "number": head.number,
        "size": head.size,
        "root": head.root.hex(),
        "previous": head.previous.hex(),
        "sealed_at": head.sealed_at,
        "key": head.key,
        "hash": head.hash.hex(),
        "signature": head.signature.hex(),
    }


def leaf_from(fields: dict[str, Any]) -> Leaf:
    event = fields["event"]
    if event is not None and set(event) != set(COLUMNS[VERSION]):
        raise ValueError("columns of an event are missing or unknown")
    _demand_whole_numbers(fields, "position", "event_id", "version")
    return Leaf(**{**fields, "hash": bytes.fromhex(fields["hash"])})


def head_from(fields: dict[str, Any]) -> Head:
    raw = {name: bytes.fromhex(fields[name]) for name in ("root", "previous", "hash", "signature")}
    _demand_whole_numbers(fields, "number", "size")
    return Head(**{**fields, **raw})


def _demand_whole_numbers(fields: Mapping[str, Any], *names: str) -> None:
    if any(type(fields[name]) is not int for name in names):
        raise ValueError("a whole number was expected")


_RECORDS: dict[str, Callable[[dict[str, Any]], Leaf | Head | None]] = {
    "event": leaf_from,
    "seal": head_from,
    "end": lambda _: None,
}
