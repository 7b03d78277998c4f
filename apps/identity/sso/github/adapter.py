"""Fetching a GitHub profile with its verified addresses, organisations and teams."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.utils import build_absolute_uri
from django.http import HttpRequest
from django.urls import reverse

_PER_PAGE, _PAGES = 100, 20


class Adapter(GitHubOAuth2Adapter):  # type: ignore[misc]
    """Groups are `organisation` and `organisation/team`, by their slugs."""

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request)
        self.provider_id = provider_id

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        back = reverse("github_callback", kwargs={"provider_id": self.provider_id})
        return str(build_absolute_uri(request, back))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {token.token}"}
        profile = self._get(self.profile_url, headers)
        profile["emails"] = self._all(self.emails_url, headers)
        organisations = self._all(f"{self.api_url}/user/orgs", headers)
        teams = self._all(f"{self.api_url}/user/teams", headers)
        profile["groups"] = [
            *(each["login"] for each in organisations),
            *(f"{each['organization']['login']}/{each['slug']}" for each in teams),
        ]
        return self.get_provider().sociallogin_from_response(request, profile)

    def _all(self, url: str, headers: dict[str, str]) -> list[Any]:
        found: list[Any] = []
        for page in range(1, _PAGES + 1):
            rows = self._get(f"{url}?per_page={_PER_PAGE}&page={page}", headers)
            found += rows
            if len(rows) < _PER_PAGE:
                return found
        raise OAuth2Error("GitHub lists too many groups.")

    def _get(self, url: str, headers: dict[str, str]) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            return answer.json()
