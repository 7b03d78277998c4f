"""What people are shown when something is not there, not theirs or broken; programs get JSON."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

_FOR_PROGRAMS = ("/api/", "/scim/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses to read, as one for another host; without saying more."""
    if _is_program(request):
        return as_json(400, "invalid", "The request cannot be read.")
    return defaults.bad_request(request, exception)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Somebody is signed in, but this is for others."""
    if _is_program(request):
        return as_json(403, "permission_denied", "You may not do this.")
    text = _("Your roles do not open this page. Ask an administrator of your organisation.")
    return _page(403, _("This is not for you"), text)


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without its secret: the page was open too long, or another site sent it."""
    text = _("The page was open for too long, or cookies are blocked. Go back and try it again.")
    return _page(403, _("The form is out of date"), text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """A path that is none: in the API's error body for programs, a page for people.

    Always the same to the byte, whether there is nothing or only nothing for this person.
    """
    if _is_program(request):
        return as_json(404, "not_found", "Not found.")
    text = _("The address is wrong, it is gone, or it is not yours to see: the answers are alike.")
    return _page(404, _("There is nothing here"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours; the log has it under the request id. Asks neither database nor session."""
    if _is_program(request):
        return as_json(500, "error", "Something went wrong.")
    text = _("It is our mistake, not yours. Nothing was half done; try it again in a moment.")
    try:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        return _page(500, _("Something went wrong"), text, request_id=request_id)
    except (TemplateDoesNotExist, ValueError):  # static files that were not collected
        return defaults.server_error(request)


def as_json(status: int, code: str, detail: str) -> JsonResponse:
    """The API's error body."""
    kind = "client_error" if status < 500 else "server_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}
    return JsonResponse(body, status=status)


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith(_FOR_PROGRAMS)


def _page(status: int, heading: str, text: str, **shown: Any) -> HttpResponse:
    context = {"status": status, "heading": heading, "text": text, **shown}
    return HttpResponse(render_to_string("memoryhub/error.html", context), status=status)
