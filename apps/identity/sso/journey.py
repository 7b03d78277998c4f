"""To a provider and back: what the views of all kinds share."""

from typing import Any, TypeVar

import requests
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.template.loader import render_to_string

A = TypeVar("A", bound=OAuth2Adapter)


def configured(adapter: A, kind: str) -> A:
    """The adapter, if its provider is configured and of that kind.

    Raises:
        Http404: it is not.
    """
    try:
        found = adapter.get_provider().id
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    if found != kind:
        raise Http404
    return adapter


def attempted(view: Any, request: HttpRequest, adapter: OAuth2Adapter) -> HttpResponse:
    """The library's view; a provider that does not answer, or nonsense, is a failed sign-in."""
    try:
        answer: HttpResponse = view.adapter_view(adapter)(request)
    except (requests.RequestException, OAuth2Error, KeyError, TypeError, ValueError) as error:
        answer = render_authentication_error(request, adapter.get_provider(), exception=error)
    return answer


def away(answer: HttpResponse) -> HttpResponse:
    """A redirect to another site as a page that goes there by itself; other answers as they are.

    The content policy lets forms lead to this site only, and browsers take a redirect that answers
    a form for a part of it.
    """
    if not isinstance(answer, HttpResponseRedirectBase) or not answer.url.startswith("http"):
        return answer
    page = HttpResponse(render_to_string("identity/leaving.html", {"address": answer.url}))
    page.cookies = answer.cookies
    page["Cache-Control"] = "no-store"
    page["Referrer-Policy"] = "no-referrer"
    return page
