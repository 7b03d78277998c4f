"""WSGI entry: `granian --interface wsgi memoryhub.wsgi:application`."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
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


application = get_wsgi_application()
safety.stop_if_unsafe()
application.request_class = Utf8Request
