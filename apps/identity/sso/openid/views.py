"""Beginning and end of a sign-in by OpenID Connect."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from apps.identity.sso import journey
from apps.identity.sso.openid.adapter import Adapter

KIND = "openid_connect"


@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """On to the provider."""
    adapter = journey.configured(Adapter(request, provider_id), KIND)
    return journey.away(journey.attempted(OAuth2LoginView, request, adapter))


@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider with a code."""
    adapter = journey.configured(Adapter(request, provider_id), KIND)
    return journey.attempted(OAuth2CallbackView, request, adapter)
