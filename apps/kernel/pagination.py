"""Cursor pagination: stable while rows are added, no counting of large tables."""

from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering: tuple[str, ...] = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """DRF's cursor, refused when its position is none: it goes into a query as it is."""
        cursor: Any = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        if not self.is_position(cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def is_position(self, text: str) -> bool:
        """Whether a cursor may hold this: a value of the first column of the order."""
        return _is_time(text)


class IdPagination(CursorPagination):
    """Newest first by row id, for rows written together: they share their time, and DRF's cursor
    only counts up to a thousand rows of one position."""

    ordering = ("-id",)

    def is_position(self, text: str) -> bool:
        return text.isascii() and text.isdigit() and int(text) < 2**63


def _is_time(position: str) -> bool:
    try:
        moment = parse_datetime(position)
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None
