"""Pages of one's own account: one-time codes for people who sign in with a password."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.views import ReauthenticateView as PasswordAgain
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as CodeAgain
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from apps.accounts.attempts import Attempt
from apps.desk.site import desk, relaxed

View = Callable[..., HttpResponse]
_FORM = "desk/account/form.html"
_WHO = _("Please show that it is you.")


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A wrong code is a refused sign-in, on record like a wrong password."""

    def _emit_authentication_failed(self, authenticator: Any) -> None:
        super()._emit_authentication_failed(authenticator)
        Attempt(self.user.email or "", "").record("wrong_code")


def _dressed(view: Any) -> View:
    """The library's view with what the desk's pages show around it."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = view(request, *args, **kwargs)
        if isinstance(answer, TemplateResponse):
            answer.context_data = {**desk.each_context(request), **(answer.context_data or {})}
        return answer

    return never_cache(relaxed(page))


def _page(view: Any, template: str, **shown: Any) -> View:
    return _dressed(view.as_view(template_name=template, extra_context=shown))


urlpatterns = [
    path("login", RedirectView.as_view(url=reverse_lazy("desk:login")), name="account_login"),
    path(
        "password",
        _page(PasswordAgain, _FORM, title=_("Your password"), text=_WHO, button=_("Continue")),
        name="account_reauthenticate",
    ),
    path(
        "code-again",
        _page(CodeAgain, _FORM, title=_("Your code"), text=_WHO, button=_("Continue")),
        name="mfa_reauthenticate",
    ),
    path(
        "code",
        _page(
            AuthenticateView,
            _FORM,
            title=_("Your code"),
            text=_("Enter the code of your authenticator app, or one of your recovery codes."),
            button=_("Log in"),
        ),
        name="mfa_authenticate",
    ),
    path(
        "2fa",
        _page(IndexView, "desk/account/second_factor.html", title=_("One-time codes")),
        name="mfa_index",
    ),
    path(
        "2fa/set-up",
        _page(ActivateTOTPView, "desk/account/activate.html", title=_("Set up one-time codes")),
        name="mfa_activate_totp",
    ),
    path(
        "2fa/remove",
        _page(
            DeactivateTOTPView,
            _FORM,
            title=_("Remove one-time codes"),
            text=_("From then on the password alone signs you in; recovery codes are gone, too."),
            button=_("Remove"),
        ),
        name="mfa_deactivate_totp",
    ),
    path(
        "2fa/recovery-codes",
        _page(ViewRecoveryCodesView, "desk/account/recovery.html", title=_("Recovery codes")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/new",
        _page(
            GenerateRecoveryCodesView,
            _FORM,
            title=_("New recovery codes"),
            text=_("The recovery codes that you have now will not work any more."),
            button=_("Make new codes"),
        ),
        name="mfa_generate_recovery_codes",
    ),
]
