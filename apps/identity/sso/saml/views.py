"""Our side of SAML 2.0: what we are, where a sign-in begins and where the answer arrives."""

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.saml import views
from allauth.socialaccount.providers.saml.utils import get_app_or_404
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from lxml.etree import LxmlError

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
    """Check the answer and let somebody in; nonsense, or an answer that nobody asked for or that
    came before, is a failed sign-in."""
    try:
        answer: HttpResponse = views.finish_acs(request, organization_slug=organization_slug)
    except (LxmlError, PermissionDenied, KeyError, TypeError, ValueError) as error:
        provider = get_app_or_404(request, organization_slug).get_provider(request)
        answer = render_authentication_error(request, provider, exception=error)
    return answer


@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What we are, for the provider's administrator."""
    answer: HttpResponse = views.metadata(request, organization_slug=organization_slug)
    return answer
