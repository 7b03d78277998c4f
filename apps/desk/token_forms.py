"""What somebody fills in who makes or rotates a token."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Scope, User
from apps.spaces.models import Space

_LIFETIMES = (
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("one year")),
    ("", _("until it is revoked")),
)
_OVERLAPS = (
    ("0", _("not at all: stop it now")),
    ("10", _("10 minutes")),
    ("60", _("one hour")),
    ("1440", _("one day")),
    ("10080", _("one week")),
)


class TokenForm(forms.Form):
    """A new token, for the person or one of the agents, there already or new."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=120,
        help_text=_("As you will recognise it in this list, for instance where it is used."),
    )
    holder = forms.ChoiceField(label=_("Who acts with it"), required=False)
    new_agent = forms.CharField(
        label=_("Name of a new agent (optional)"),
        required=False,
        max_length=120,
        help_text=_("Registers an agent of yours, and the token is that agent's."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope.value, _(scope.label)) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Agents read and write only."),
    )
    spaces = forms.MultipleChoiceField(
        label=_("Only in these spaces"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: wherever its user may."),
    )
    lifetime = forms.ChoiceField(
        label=_("How long it works"),
        choices=_LIFETIMES,
        initial="90",
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(
        self, *args: Any, agents: Iterable[User], spaces: Iterable[Space], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._agents = {str(agent.public_id): agent for agent in agents}
        fields: dict[str, Any] = self.fields
        holders = [(key, agent.name) for key, agent in self._agents.items()]
        fields["holder"].choices = [("", _("Myself")), *holders]
        fields["spaces"].choices = [(str(space.public_id), space.name) for space in spaces]
        most = settings.RATE_LIMIT_PER_MINUTE
        fields["rate_limit"] = forms.IntegerField(
            label=_("Requests a minute (optional)"),
            required=False,
            min_value=1,
            max_value=most,
            help_text=say_in("Empty for the hub's own limit, %(n)s.") % {"n": f"{most:,}"},
        )

    def agent(self, public_id: str) -> User:
        """One of the agents that were offered."""
        return self._agents[public_id]

    def expires_at(self, now: datetime) -> datetime | None:
        """When the token ends, counted from `now`; None for never."""
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("holder") and data.get("new_agent"):
            raise ValidationError(say_in("Choose an agent or name a new one, not both."))
        beyond = {Scope.REVIEW, Scope.MANAGE} & set(data.get("scopes") or ())
        if beyond and (data.get("holder") or data.get("new_agent")):
            self.add_error("scopes", say_in("An agent may read and write, nothing else."))
        return data


class RotateForm(forms.Form):
    """How long the old secret works beside the new one."""

    overlap = forms.ChoiceField(
        label=_("How long the old one goes on working"), choices=_OVERLAPS, initial="60"
    )
