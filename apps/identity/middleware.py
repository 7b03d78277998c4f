"""Sessions that a break-glass sign-in opened end with its time."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from apps.identity.services import break_glass


class BreakGlassMiddleware:
    """Costs a query only in those sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person_id = _person(request)
        if person_id is not None and break_glass.until(person_id) is None:
            logout(request)
        return self.get_response(request)


def _person(request: HttpRequest) -> int | None:
    """Whose break-glass session it is; None for every other one."""
    if not request.COOKIES or break_glass.SESSION_KEY not in request.session:
        return None
    return request.user.pk
