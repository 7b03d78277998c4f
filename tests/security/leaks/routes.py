"""Every address of the hub, as the URL configuration has it: a new route is asked by itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, get_resolver

from apps.desk.site import desk
from tests.api.permission_table import ROWS
from tests.api.routes import METHODS

_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
_SCHEMA = Path(__file__).parents[3] / "docs" / "openapi.yaml"
_PAGES = {"cursor", "page_size"}
_OF_A_FORM = {  # what to ask of a parameter that is neither a word nor an id
    "boolean": ("true", "false"),
    "integer": ("1", "50"),
    "number": ("0", "1"),
    "date-time": ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"),
}
# What an address names, where neither its queryset nor its name tells
_NAMED = {
    "/git/": "space",
    "/api/v1/spaces/": "space",
    "/api/v1/graph/entities/": "entity",
    "/api/v1/graph/changes/": "change",
    "/api/v1/consolidation/runs": "archivist_run",
    "/api/v1/consolidation/changes": "archivist_change",
    "/api/v1/consolidation/proposals": "archivist_proposal",
    "/api/v1/consolidation/policies": "archivist_policy",
    "/api/v1/canon/proposals": "canon",
    "/api/v1/canon/rules": "canon_rules",
    "/api/v1/erasures/": "erasure",
    "/api/v1/holds/": "hold",
    "/api/v1/retention-rules": "retention_rule",
    "/api/v1/retention-runs": "retention_run",
    "/api/v1/switches/": "switch",
}
# What every request there carries
_ALWAYS = {"/git/": {"service": ("git-upload-pack",)}}
# What a request that reads only may carry to see the most
WIDE: dict[str, dict[str, Any]] = {
    "/api/v1/recall": {
        "explain": True,
        "context": True,
        "brief": True,
        "limit": 100,
        "filters": {"status": ["active", "quarantined", "superseded", "archived"]},
    },
}


@dataclass(frozen=True)
class Route:
    """One method on one address.

    Attributes:
        path: with `{name:converter}` where something is filled in.
        model: label of the model whose rows the address names, "" if that cannot be told.
        filters: parameters by name, the values there are to choose from; empty for any word or id.
        always: those that every question carries.
        bodies: what the permission table sends there.
    """

    method: str
    path: str
    model: str = ""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    always: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    bodies: tuple[dict[str, Any], ...] = field(default=(), compare=False)

    @property
    def is_desk(self) -> bool:
        """A page for people; its forms are no JSON."""
        return self.path.startswith("/desk/")


def every() -> list[Route]:
    """All of them in a stable order."""
    found = [
        Route(
            method.upper(),
            path,
            _model(path, pattern),
            _filters(pattern) | parameters(method, path),
            _of_start(_ALWAYS, path, {}),
            _bodies(method, path),
        )
        for path, pattern in _patterns(get_resolver().url_patterns, "/")
        for method in _methods(path, pattern.callback)
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def _of_start(known: dict[str, Any], path: str, default: Any) -> Any:
    return next((value for start, value in known.items() if path.startswith(start)), default)


@cache
def _documented() -> dict[str, Any]:
    paths: dict[str, Any] = yaml.load(_SCHEMA.read_text(), Loader=yaml.CSafeLoader)["paths"]
    return paths


def parameters(method: str, path: str) -> dict[str, tuple[str, ...]]:
    """Those of the query that the API documents for it."""
    plain = re.sub(r"\{(\w+):\w*\}", r"{\1}", path)
    told = _documented().get(plain, {}).get(method.lower(), {}).get("parameters", ())
    return {
        one["name"]: _choices(one["schema"])
        for one in told
        if one["in"] == "query" and one["name"] not in _PAGES
    }


def _choices(schema: dict[str, Any]) -> tuple[str, ...]:
    inner = schema.get("items", schema)
    form, kind = inner.get("format", ""), inner.get("type", "")
    known = inner.get("enum") or _OF_A_FORM.get(form) or _OF_A_FORM.get(kind) or ()
    return tuple(str(value) for value in known)


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            if not path.startswith("/^"):
                yield _CONVERTER.sub(r"{\2:\1}", path), pattern
        else:
            yield from _patterns(pattern.url_patterns, path)


def _methods(path: str, callback: Any) -> list[str]:
    """A page of the desk may be posted to; the API says what it takes."""
    if actions := getattr(callback, "actions", None):
        return [method for method in actions if method in METHODS]
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is not None:
        return [method for method in METHODS if hasattr(view, method)]
    return ["get", "post"] if path.startswith("/desk/") else ["get"]


def _model(path: str, pattern: URLPattern) -> str:
    """Of a viewset its queryset's; of a page of the desk the one its name begins with."""
    if named := _of_start(_NAMED, path, ""):
        return str(named)
    queryset = getattr(getattr(pattern.callback, "cls", None), "queryset", None)
    if queryset is not None:
        return str(queryset.model._meta.model_name)
    parts = (pattern.name or "").split("_")
    return parts[1] if len(parts) > 2 else ""


def _filters(pattern: URLPattern) -> dict[str, tuple[str, ...]]:
    view = getattr(pattern.callback, "cls", None)
    if view is None:
        return _desk_filters(pattern)
    chosen = getattr(pattern.callback, "initkwargs", {}).get(
        "filterset_class", getattr(view, "filterset_class", None)
    )
    if chosen is None:
        return {}
    return {
        name: tuple(str(value) for value, _ in one.extra.get("choices", ()))
        for name, one in chosen.base_filters.items()
    }


def _desk_filters(pattern: URLPattern) -> dict[str, tuple[str, ...]]:
    if not (pattern.name or "").endswith("_changelist"):
        return {}
    for model, admin in desk._registry.items():
        if pattern.name == f"{model._meta.app_label}_{model._meta.model_name}_changelist":
            named = [getattr(one, "parameter_name", None) for one in admin.list_filter]
            return {name: () for name in ["q", *named] if name}
    return {}


def _bodies(method: str, path: str) -> tuple[dict[str, Any], ...]:
    plain = re.sub(r"\{(\w+):\w*\}", r"{\1}", path)
    wide = WIDE.get(path, {})
    return tuple(
        {**row.body, **wide}
        for row in ROWS
        if row.route == f"{method.upper()} {plain}" and row.body is not None
    )
