"""GitHub, with a person's organisations and teams as groups."""

from typing import Any

from allauth.socialaccount.providers.github.provider import GitHubProvider
from django.http import HttpRequest

from apps.identity.sso.github.adapter import Adapter


class Provider(GitHubProvider):  # type: ignore[misc]
    """The library's provider; nothing in the address of a request changes what is asked for."""

    package = "apps.identity.sso.github"
    oauth2_adapter_class = Adapter

    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        return Adapter(request, self.app.provider_id)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        return {**given, "process": "login", "scope": self.get_scope(), "auth_params": {}}
