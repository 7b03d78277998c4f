"""Request ids: taken from the caller when sane, made otherwise, on every answer."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Gives the request an `X-Request-ID` header and answers with the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers would cache the old one
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = request_id  # django-structlog binds it from here
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
