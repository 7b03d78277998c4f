"""Our side of SAML 2.0: what we are, where a sign-in begins and where the answer arrives."""

from allauth.socialaccount.providers.saml import views
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.identity.sso import journey


@require_POST
def begin(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """On to the provider, with a signed request where a key is configured."""
    return journey.away(views.login(request, organization_slug=organization_slug))


@csrf_exempt
@require_POST
def acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """The provider's answer, posted from its site and so without our cookies; the next request
    reads it."""
    answer: HttpResponse = views.acs(request, organization_slug=organization_slug)
    return answer


@require_GET
def finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Check the answer and let somebody in."""
    answer: HttpResponse = views.finish_acs(request, organization_slug=organization_slug)
    return answer


@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What we are, for the provider's administrator."""
    answer: HttpResponse = views.metadata(request, organization_slug=organization_slug)
    return answer
