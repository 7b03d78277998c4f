"""Cursor pagination: stable while rows are added, no counting of large tables."""

from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """DRF's cursor, refused when its position is no time: it goes into a query as it is."""
        cursor: Any = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_time(cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_time(position: str) -> bool:
    try:
        moment = parse_datetime(position)
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None
