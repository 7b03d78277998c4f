"""WSGI entry: `granian --interface wsgi memoryhub.wsgi:application`."""

import gc
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from memoryhub import process, safety

process.become("web")


class Utf8Request(WSGIRequest):
    """A request whose address is read as UTF-8.

    Django reads it with the charset of Content-Type, and fails before any middleware when that
    names a codec that makes no text. The body's charset is the parser's business.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        content_type = meta.get("CONTENT_TYPE", "")
        self.content_type, self.content_params = parse_header_parameters(content_type)


class Unnamed(WSGIHandler):
    """Answers do not say what serves them.

    granian names itself where the application names nobody; it has no way to name nobody at all.
    """

    request_class = Utf8Request

    def __call__(self, environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Server", "hub")], *more)

        return super().__call__(environ, start)


def keep_what_is_loaded() -> None:
    """Load every view, then let the collector look only at what requests make.

    A full collection walks a quarter of a million objects of libraries otherwise, in a request.
    """
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


django.setup(set_prefix=False)
safety.stop_if_unsafe()
keep_what_is_loaded()
application = Unnamed()
