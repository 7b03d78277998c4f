"""JSON in: UTF-8, no NUL characters (Postgres text cannot hold them), no NaN, a clear error."""

import io
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework import parsers
from rest_framework.exceptions import ParseError

# A value of two bytes takes thirty times as much when it is read. Before that the commas of texts
# count, too; afterwards names and values do, and no field looks at a list that is longer
COMMAS = 2_500_000
VALUES = 500_000
LONGEST = 20_000
_BEFORE_VALUES = (b",", b"[", b"{")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class JSONParser(parsers.JSONParser):
    """DRF's JSON parser, refusing what the database could not store."""

    strict = True

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _, parameters = parse_header_parameters(media_type or "")
        charset = parameters.get("charset", "utf-8").lower()
        if charset not in {"utf-8", "utf8"}:  # Python's codecs would also unpack archives
            raise ParseError("The body must be JSON in UTF-8; leave charset out of Content-Type.")
        body = stream.read()
        if sum(map(body.count, _BEFORE_VALUES)) > COMMAS:
            raise ParseError(f"The JSON has more than {VALUES:,} values.")
        try:
            data = super().parse(
                io.BytesIO(body), media_type, {**(parser_context or {}), "encoding": "utf-8"}
            )
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        if found := complaint(data):
            raise ParseError(found)
        return data


def complaint(data: object) -> str:
    """What is wrong with any value anywhere, or ""; iterative, so depth is free."""
    stack, seen = [data], 0
    while stack:
        item = stack.pop()
        seen += 1
        if seen > VALUES:
            return f"The JSON has more than {VALUES:,} values."
        if isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            if len(item) > LONGEST:
                return f"A list has more than {LONGEST:,} entries."
            stack.extend(item)
        elif found := _oddity(item):
            return found
    return ""


def _oddity(item: object) -> str:
    if isinstance(item, str) and _UNSTORABLE.search(item):
        return "Text must not contain NUL characters or lone surrogates."
    if isinstance(item, float) and not math.isfinite(item):
        return "A number is too large."
    return ""
