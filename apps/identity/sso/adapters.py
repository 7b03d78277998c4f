"""Where the sign-in library asks the hub: it speaks the protocols, the hub decides.

The library's own tables of linked accounts and applications stay empty.
"""

from typing import Any, NoReturn

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from apps.accounts.attempts import Attempt
from apps.identity.services import break_glass, sign_in
from apps.identity.sso import claims

logger = structlog.get_logger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Providers from the settings only; every sign-in ends here."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[Any]:
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let somebody in or send them away; the library's own way on is never taken."""
        chosen = sign_in.provider(sociallogin.account.provider)
        if chosen is None:
            _turn_away("unknown_provider")
        try:
            asserted = _asserted(chosen, sociallogin)
        except claims.UnusableError as error:
            sign_in.refuse(chosen.id, error.code)
            _turn_away(error.code)
        outcome = sign_in.admit(chosen=chosen, asserted=asserted)
        if outcome.person is None:
            _turn_away(outcome.refusal)
        login(request, outcome.person, backend="django.contrib.auth.backends.ModelBackend")
        request.session["signed_in_by"] = chosen.id
        raise ImmediateHttpResponse(HttpResponseRedirect(_onward(request, sociallogin.state)))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """The library gave up: a state that is used or old, a token that is not right, a provider
        that does not answer or refuses."""
        code = "cancelled" if error == AuthError.CANCELLED else "sign_in_failed"
        logger.warning("sign_in_failed", provider=provider.sub_id, error=type(exception).__name__)
        sign_in.refuse(provider.sub_id, code)
        _turn_away(code)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The library's own accounts: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def post_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None, **_: Any
    ) -> HttpResponse:
        """The session of a password is open; by break glass it ends with its time."""
        Attempt(user.email, "").record("")
        until = break_glass.until(user.pk) if settings.PASSWORDS_OFF else None
        if until is not None:
            request.session[break_glass.SESSION_KEY] = True
            request.session.set_expiry(until)
            break_glass.used(person=user)
        return HttpResponseRedirect(redirect_url or settings.LOGIN_REDIRECT_URL)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages say it themselves."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The hub sends no mail."""


def _asserted(chosen: Any, sociallogin: Any) -> sign_in.Asserted:
    data = sociallogin.account.extra_data
    if chosen.kind == "github":
        return claims.of_github(data, sociallogin.email_addresses)
    if chosen.kind == "saml":
        return claims.of_saml(chosen, data)
    return claims.of_openid(chosen, data, nonce=sociallogin.state.get("nonce"))


def _turn_away(code: str) -> NoReturn:
    """Back to the login page, which has a sentence for the code."""
    address = f"{settings.LOGIN_URL}?{urlencode({'refused': code})}"
    raise ImmediateHttpResponse(HttpResponseRedirect(address))


def _onward(request: HttpRequest, state: dict[str, Any]) -> str:
    wanted = state.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe else settings.LOGIN_REDIRECT_URL
