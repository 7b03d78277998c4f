"""Cursor pagination: stable while rows are added, no counting of large tables."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.dateparse import parse_datetime
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from apps.kernel import cursors

_PURPOSE = "page"


class CursorPagination(pagination.CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering: tuple[str, ...] = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """DRF's cursor, which only the hub can have made; its position goes into a query."""
        name = self.cursor_query_param
        params: dict[str, Any] = dict(request.query_params.items())
        if name in params:
            try:
                params[name] = cursors.opened(params[name], purpose=_PURPOSE)
            except ValueError as error:
                raise NotFound(self.invalid_cursor_message) from error
        asked: Any = SimpleNamespace(query_params=params)
        cursor: Any = super().decode_cursor(asked)
        if cursor is None or cursor.position is None:
            return cursor
        if not self.is_position(cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def encode_cursor(self, cursor: Any) -> str:
        """DRF's link with the cursor sealed: a row id tells how much the whole hub keeps."""
        name = self.cursor_query_param
        plain = parse_qs(urlsplit(super().encode_cursor(cursor)).query)[name][0]
        sealed = cursors.seal(plain, purpose=_PURPOSE)
        return str(replace_query_param(self.base_url or "", name, sealed))

    def is_position(self, text: str) -> bool:
        """Whether a cursor may hold this: a value of the first column of the order."""
        return _is_time(text)


class IdPagination(CursorPagination):
    """Newest first by row id, for rows written together: they share their time, and DRF's cursor
    only counts up to a thousand rows of one position."""

    ordering = ("-id",)

    def is_position(self, text: str) -> bool:
        return text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63


def _is_time(position: str) -> bool:
    try:
        moment = parse_datetime(position)
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None
