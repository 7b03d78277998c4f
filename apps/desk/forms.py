"""What a reviewer fills in."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import of_user
from apps.accounts.attempts import Attempt
from apps.accounts.models import User
from apps.curation.core.policy import RULES, PromotionPolicy, whole_range
from apps.curation.core.rejections import sentence
from apps.desk.actors import has_work_for
from apps.desk.policy_words import policy_words
from apps.desk.words import REJECTIONS
from apps.kernel.addresses import client_address
from apps.kernel.admin import AuthenticationForm
from apps.spaces.models import Space

TOO_MANY_ATTEMPTS = _("Too many failed attempts. Try again in 15 minutes.")
NOT_A_REVIEWER = _(
    "The desk is for people who review a space, and you review none yet. "
    "Ask a curator of your team or organisation."
)
_AN_ID = _("An id looks like 0d9f7c1e-6a3b-4a55-9a46-0a5be1f2c3d4.")
_REASON_LENGTH = 2000


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """E-mail and password; then the person must review something."""

    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together."),
        "inactive": _("This account is switched off."),
    }

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """The first authentication backend refuses before the password is looked at."""
        attempt = Attempt(str(self.cleaned_data.get("username", "")), client_address(self.request))
        try:
            data: dict[str, Any] = super().clean()
        except ValidationError as error:
            told = error
            if vars(self.request).get("axes_locked_out"):
                told = ValidationError(TOO_MANY_ATTEMPTS, code="too_many_attempts")
            attempt.record(str(told.code))
            raise told from None
        return data  # on record once the session is open: a code may still be asked for

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        if not user.is_active:
            raise ValidationError(self.error_messages["inactive"], code="inactive")
        if not isinstance(user, User) or user.is_agent or not has_work_for(of_user(user)):
            raise ValidationError(NOT_A_REVIEWER, code="not_a_reviewer")


def _reason(label: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=_REASON_LENGTH - 100,  # room for the chosen kind
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReasonForm(forms.Form):
    """An optional reason."""

    reason = _reason(_("Reason (optional)"))


class ReleaseForm(forms.Form):
    """Why a mark is a false alarm."""

    reason = _reason(_("Why it is a false alarm"), required=True)


class ApproveForm(ReasonForm):
    """Publish, here or in a wider space."""

    target = forms.ChoiceField(label=_("Publish to"))
    supersedes = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, spaces: Iterable[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(space.public_id), space.name) for space in spaces]
        self.fields["target"].choices = choices  # type: ignore[attr-defined]


class RejectForm(forms.Form):
    """Why not: a kind of reason, and words where the kind says too little."""

    kind = forms.ChoiceField(
        label=_("Why"), choices=list(REJECTIONS.items()), widget=forms.RadioSelect
    )
    reason = _reason(_("In your words"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, words = data.get("kind"), data.get("reason", "")
        if kind and not sentence(kind, words):
            self.add_error("reason", say_in("Say what it is."))
        return data


class ReportForm(forms.Form):
    """What becomes of a memory that people called harmful."""

    decision = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[("kept", _("Keep it as it is")), ("quarantined", _("Put it into quarantine"))],
        widget=forms.RadioSelect,
    )
    reason = _reason(_("Why"), required=True)


class EditForm(forms.Form):
    """The words that would be published."""

    text = forms.CharField(label=_("Text"), strip=False, widget=forms.Textarea(attrs={"rows": 5}))
    approve = forms.BooleanField(required=False)

    def clean_text(self) -> str:
        """Browsers send line breaks as CRLF."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if not text.strip():
            raise ValidationError(say_in("The text must not be blank."))
        return text


class MergeForm(ReasonForm):
    """The published memory that says it already."""

    into = forms.UUIDField(
        label=_("Id of the published memory"),
        error_messages={"invalid": _AN_ID},
    )


class MembersField(forms.Field):
    """Ids of members, ticked beside the notes and not in the form itself."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"required": _("Tick the notes that state another fact.")}

    def to_python(self, value: Any) -> list[UUID]:
        try:
            return [UUID(str(one)) for one in value or ()]
        except ValueError:
            raise ValidationError(say_in("These are no notes of this request.")) from None


class SplitForm(ReasonForm):
    """The notes that state another fact than the rest."""

    members = MembersField()


class JoinForm(ReasonForm):
    """The pending request that states the same fact."""

    other = forms.UUIDField(
        label=_("Id of the other request"),
        error_messages={"invalid": _AN_ID},
    )


class DeferForm(ReasonForm):
    """Until when it leaves the queue."""

    until = forms.DateField(
        label=_("Put off until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("until", "reason")

    @property
    def moment(self) -> datetime:
        """The beginning of that day, UTC."""
        return datetime.combine(self.cleaned_data["until"], time(), tzinfo=UTC)


class AskForm(forms.Form):
    """Which colleague, and what you want to know."""

    colleague = forms.ChoiceField(label=_("Colleague"))
    reason = _reason(_("Your question"), required=True)

    def __init__(self, *args: Any, colleagues: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.public_id), one.name) for one in colleagues]
        self.fields["colleague"].choices = choices  # type: ignore[attr-defined]


class PolicyForm(forms.Form):
    """Every value of a policy, and why it changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in fields(PromotionPolicy):
            self.fields[field.name] = policy_field(field.name, type(field.default))
        self.fields["why"] = _reason(_("Why this change"), required=True)

    expected_version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    @property
    def values(self) -> dict[str, Any]:
        """The policy values alone, those that are valid."""
        names = (field.name for field in fields(PromotionPolicy))
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


def policy_field(name: str, kind: type) -> forms.Field:
    """The field for one policy value, within its range."""
    label, help_text = (str(words) for words in policy_words(name))
    if name == "rule":
        choices = [(rule, rule) for rule in RULES]
        return forms.ChoiceField(label=label, help_text=help_text, choices=choices)
    if kind is bool:
        return forms.BooleanField(label=label, help_text=help_text, required=False)
    if kind is int:
        low, high = whole_range(name)
        ranged = f"{help_text} {low:,} – {high:,}"
        return forms.IntegerField(label=label, help_text=ranged, min_value=low, max_value=high)
    return forms.FloatField(
        label=label,
        help_text=help_text if any(map(str.isdigit, help_text)) else f"{help_text} 0 – 1",
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
