"""OpenID Connect with a nonce in every request and a token that is checked in full."""

import secrets
from typing import Any

from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from django.http import HttpRequest, HttpResponse

from apps.identity.sso.openid.adapter import Adapter


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The library's provider; nothing in the address of a request changes what is asked for."""

    package = "apps.identity.sso.openid"
    oauth2_adapter_class = Adapter

    def extract_uid(self, data: dict[str, Any]) -> str:
        """For the library's empty table; the hub's own has issuer and subject."""
        return str(data["id_token"]["sub"])[:191]

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        return {**given, "process": "login", "scope": self.get_scope(), "auth_params": {}}

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """To the provider, with a nonce that the token must repeat."""
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        answer: HttpResponse = super().redirect(
            request, process, next_url, data, nonce=nonce, **kwargs
        )
        return answer
