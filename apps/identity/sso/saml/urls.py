"""Addresses of SAML 2.0. There is no single logout: a sign-out here ends the session here."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from apps.identity.sso.saml import views


def _no_logout(_request: HttpRequest, organization_slug: str) -> HttpResponse:
    """The library's metadata wants the address; nothing is there."""
    raise Http404(organization_slug)


urlpatterns = [
    path("<slug:organization_slug>/saml/login", views.begin, name="saml_login"),
    path("<slug:organization_slug>/saml/acs", views.acs, name="saml_acs"),
    path("<slug:organization_slug>/saml/acs/finish", views.finish_acs, name="saml_finish_acs"),
    path("<slug:organization_slug>/saml/metadata", views.metadata, name="saml_metadata"),
    path("<slug:organization_slug>/saml/sls", _no_logout, name="saml_sls"),
]
