"""Request ids and security headers on every answer, a limit for bodies, log lines without what
was asked."""

import re
import uuid
from collections.abc import Callable, Iterable
from typing import cast

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from apps.kernel import isolation
from apps.kernel.addresses import client_address
from apps.kernel.errors import BodyTooLarge

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Gives the request an `X-Request-ID` header and answers with the same.

    The header is taken from the caller when sane, made otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers would cache the old one
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = request_id  # django-structlog binds it from here
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class SecurityHeadersMiddleware:
    """What Django's own middleware leaves out.

    No page uses a sensor or is embedded elsewhere; no answer that depends on who asks is kept by a
    cache, unless its view says otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        if request.path.startswith(("/api/v1/", "/desk/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class BodyLimitMiddleware:
    """413 for a body that says it is too large, before any of it is read.

    A body cannot be longer than it says: no more is read. Django's own limit counts what is read
    where a view does not ask for the whole body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        given = request.META.get("CONTENT_LENGTH") or "0"
        size = int(given) if given.isdecimal() else 0
        if size <= limit:
            return self.get_response(request)
        detail = BodyTooLarge.over(limit, size).detail
        if not request.path.startswith("/api/"):
            return HttpResponse(detail, status=413, content_type="text/plain")
        error = {"code": BodyTooLarge.code, "detail": detail, "attr": None}
        return JsonResponse({"type": "client_error", "errors": [error]}, status=413)


class IsolationMiddleware:
    """Statements of a request are of nobody until it is known who asks, and end with it.

    An answer that is streamed is made later: its chunks take along who asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with isolation.within(isolation.nobody()):
            response: HttpResponseBase = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and not response.is_async:
                chunks = cast("Iterable[bytes]", response.streaming_content)
                response.streaming_content = isolation.carried(chunks)
            return response


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's lines for start and end of a request; the query string stays out.

    Filters and searches hold words of memories, which belong in no log.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """The address that limits count by, not what the client says of itself."""
        structlog.contextvars.bind_contextvars(ip=client_address(request))
