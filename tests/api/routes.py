"""Every route the hub answers, as `METHOD path`, found in the URL resolver."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")
DESK = "GET /desk/"  # the admin site has its own tests; its door is in the table
# Nobody of the table gets in there: tests/sso and tests/scim ask every address of theirs.
ELSEWHERE = ("/sso/", "/scim/", "/desk/account/")
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def discovered() -> set[str]:
    """Routes such as `GET /api/v1/memories/{id}`."""
    found = {DESK}
    for path, callback in _patterns(get_resolver().url_patterns, "/"):
        readable = _CONVERTER.sub(r"{\1}", path)
        found |= {f"{method.upper()} {readable}" for method in _methods(callback)}
    return found


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith(ELSEWHERE):
            continue
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        elif pattern.app_name != "admin":
            yield from _patterns(pattern.url_patterns, path)


def _methods(callback: Any) -> list[str]:
    """Of a viewset its action map, of a class its handlers, of a page function GET."""
    if actions := getattr(callback, "actions", None):
        return [method for method in actions if method in METHODS]  # DRF adds "head" on use
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    return [method for method in METHODS if hasattr(view, method)] if view else ["get"]
