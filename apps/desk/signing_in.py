"""What the login page shows beside the password: providers, and why somebody was turned away."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.accounts.attempts import Attempt
from apps.accounts.models import User
from apps.desk.forms import LoginForm
from apps.identity import backends
from apps.identity.core.providers import Provider

_ASK = _("Ask the people who run single sign-on at your organisation.")
PASSWORDS_OFF = _("Passwords are switched off. Please use single sign-on.")
REFUSALS = {
    "cancelled": _("You cancelled the sign-in."),
    "domain_untrusted": _(
        "This provider does not vouch for the domain of your e-mail address here."
    ),
    "email_unverified": _("The provider has not verified your e-mail address."),
    "inactive": _("This account is switched off."),
    "linked_to_another": _("Your e-mail address belongs to another account of the same provider."),
    "no_email": format_lazy("{} {}", _("The provider did not send your e-mail address."), _ASK),
    "no_group": format_lazy("{} {}", _("None of your groups opens this hub."), _ASK),
    "no_organisation": _("This provider is not set up for an organisation yet."),
    "no_stable_subject": format_lazy(
        "{} {}", _("The provider does not name you by a lasting id."), _ASK
    ),
    "other_organisation": _("Your account belongs to another organisation."),
    "sign_in_failed": _("The sign-in did not work or took too long. Please try again."),
    "too_many_groups": format_lazy(
        "{} {}", _("You are in more groups than the provider sends."), _ASK
    ),
    "unknown_provider": _("There is no such provider."),
    "wrong_nonce": _("The sign-in did not work or took too long. Please try again."),
}


class DoorForm(LoginForm):
    """With `SOCIALACCOUNT_ONLY` it says so, whoever asks; break-glass administrators pass."""

    def clean(self) -> dict[str, Any]:
        typed = str(self.cleaned_data.get("username", ""))
        if settings.PASSWORDS_OFF and not backends.allowed(typed):
            Attempt(typed, "").record("passwords_off")
            raise ValidationError(PASSWORDS_OFF, code="passwords_off")
        return super().clean()


class Door(LoginView):
    """Signing in with a password, and with a code where one was set up."""

    def form_valid(self, form: Any) -> HttpResponse:
        person: User = form.get_user()
        entering = Login(user=person, email=person.email, redirect_url=self.get_success_url())
        answer: HttpResponse = perform_password_login(
            self.request, {"email": person.email}, entering
        )
        return answer


def context(request: HttpRequest) -> dict[str, Any]:
    """Buttons of the providers, the sentence for `?refused=`, and whether to ask for a password."""
    local = "local" in request.GET or request.method == "POST"
    return {
        "providers": [
            {"name": each.name, "kind": each.kind, "action": _begin(each)} for each in settings.SSO
        ],
        "refused": REFUSALS.get(request.GET.get("refused", ""), ""),
        "passwords_off": settings.PASSWORDS_OFF,
        "asks_password": local or not settings.PASSWORDS_OFF,
    }


def _begin(provider: Provider) -> str:
    """Where a sign-in by this provider begins."""
    if provider.kind == "saml":
        return reverse("saml_login", kwargs={"organization_slug": provider.id})
    name = "github_login" if provider.kind == "github" else "openid_connect_login"
    return reverse(name, kwargs={"provider_id": provider.id})
