"""What an administrator fills in who maps a group or connects a directory."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.identity.models import SCIM
from apps.identity.services.mappings import Wish
from apps.spaces.models import OrganisationRole, Space, SpaceRole

_LIFETIMES = (("90", _("90 days")), ("365", _("one year")), ("", _("until it is revoked")))


def told_source(source: str) -> str:
    """Where groups come from, in words."""
    if not source:
        return say_in("Any provider or directory")
    if source == SCIM:
        return say_in("Directories (SCIM)")
    return next((known.name for known in settings.SSO if known.id == source), source)


class MappingForm(forms.Form):
    """Which group, and what its members get."""

    group = forms.CharField(
        label=_("Group"),
        max_length=256,
        help_text=_("Name or id as the provider sends it; * for everybody it signs in."),
    )
    source = forms.ChoiceField(label=_("Comes from"), required=False)
    organisation_role = forms.ChoiceField(
        label=_("Role in the organisation"),
        choices=[(role.value, _(role.label)) for role in OrganisationRole],
        initial="member",
    )
    space = forms.ChoiceField(label=_("Space (optional)"), required=False)
    space_role = forms.ChoiceField(
        label=_("Role in that space"),
        choices=[("", _("No role")), *((role.value, _(role.label)) for role in SpaceRole)],
        required=False,
    )
    replaces = forms.BooleanField(
        label=_("Also replace a role that somebody gave by hand"), required=False
    )

    def __init__(self, *args: Any, spaces: Iterable[Space], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._spaces = {str(space.public_id): space for space in spaces}
        fields: dict[str, Any] = self.fields
        sources = ["", SCIM, *(known.id for known in settings.SSO)]
        fields["source"].choices = [(source, told_source(source)) for source in sources]
        named = [(key, space.name) for key, space in self._spaces.items()]
        fields["space"].choices = [("", say_in("No space")), *named]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("space")) != bool(data.get("space_role")):
            raise ValidationError(say_in("A space and the role in it come together."))
        return data

    def wish(self) -> Wish:
        """The service's form of valid data."""
        given = self.cleaned_data
        return Wish(**{**given, "space": self._spaces.get(given["space"])})


class ScimTokenForm(forms.Form):
    """A directory's credential."""

    name = forms.CharField(
        label=_("Which directory it is for"),
        max_length=120,
        help_text=_("As you will recognise it in this list, for instance Okta."),
    )
    lifetime = forms.ChoiceField(
        label=_("How long it works"),
        choices=_LIFETIMES,
        initial="365",
        required=False,
        widget=forms.RadioSelect,
    )

    def expires_at(self, now: datetime) -> datetime | None:
        """When the token ends, counted from `now`; None for never."""
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None
