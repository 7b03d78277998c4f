"""SAML 2.0, with the subject and its format beside the attributes."""

from typing import Any

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest


class Provider(SAMLProvider):  # type: ignore[misc]
    """The library's provider; the subject is always the name id."""

    package = "apps.identity.sso.saml"

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        return {**given, "process": "login"}

    def extract_uid(self, data: Any) -> str:
        return str(data.get_nameid())[:191]

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {
            "attributes": data.get_attributes(),
            "name_id": data.get_nameid(),
            "name_id_format": data.get_nameid_format(),
        }
