"""Every route the hub answers, as `METHOD path`, found in the URL resolver."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import URLPattern, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")
DESK = "GET /desk/"  # the admin site has its own tests; its door is in the table
DOORS = ("/sso/", "/scim/", "/desk/account/")  # others ask there: they have a table of their own
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def discovered() -> set[str]:
    """Routes such as `GET /api/v1/memories/{id}`, but for those of `doors`."""
    return {DESK} | {
        f"{method.upper()} {path}"
        for path, callback in _patterns(get_resolver().url_patterns, "/")
        if not path.startswith(DOORS)
        for method in _methods(callback)
    }


def doors() -> set[str]:
    """Routes of signing in, of directories and of one's own account; functions may be posted to."""
    return {
        f"{method.upper()} {path}"
        for path, callback in _patterns(get_resolver().url_patterns, "/")
        if path.startswith(DOORS)
        for method in _methods(callback, of_a_function=["get", "post"])
    }


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield _CONVERTER.sub(r"{\1}", path), pattern.callback
        elif pattern.app_name != "admin":
            yield from _patterns(pattern.url_patterns, path)


def _methods(callback: Any, of_a_function: Sequence[str] = ("get",)) -> list[str]:
    """Of a viewset its action map, of a class its handlers, of a page function GET."""
    if actions := getattr(callback, "actions", None):
        return [method for method in actions if method in METHODS]  # DRF adds "head" on use
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    return [method for method in METHODS if hasattr(view, method)] if view else list(of_a_function)
