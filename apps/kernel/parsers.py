"""JSON in: UTF-8, no NUL characters (Postgres text cannot hold them), no NaN, a clear error."""

import io
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework import parsers
from rest_framework.exceptions import ParseError

# A value of two bytes takes thirty times as much when it is read; texts may have as many commas
VALUES = 2_500_000
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
        if sum(map(body.count, _BEFORE_VALUES)) > VALUES:
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
    """What is wrong with any string or number anywhere, or ""; iterative, so depth is free."""
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if _UNSTORABLE.search(item):
                return "Text must not contain NUL characters or lone surrogates."
        elif isinstance(item, float):
            if not math.isfinite(item):
                return "A number is too large."
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return ""
