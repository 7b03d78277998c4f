"""Identity providers and directories: which of their groups give which roles, and the credentials
by which they push people. For administrators, as `manage.py sso` and `scim` for the operator."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.directory_forms import MappingForm, ScimTokenForm, told_source
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.identity.models import GroupMapping, ScimToken
from apps.identity.services import mappings, scim_tokens
from apps.kernel import clock
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces import access
from apps.spaces.models import Organisation, Space

STATES = {
    "working": (_("Working"), "d-pill-good"),
    "expired": (_("Expired"), ""),
    "revoked": (_("Revoked"), "d-pill-bad"),
}


class GoverningAdmin(DeskAdmin):
    """Pages for who administers the organisation; reviewing opens nothing here."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Nobody but administrators."""
        if not super().has_view_permission(request, obj):
            return False
        return access.administered(actor_of(request)) is not None

    def organisation(self, request: HttpRequest) -> Organisation:
        """The one that the person administers.

        Raises:
            PermissionDenied: there is none, as the list answers.
        """
        governed = access.administered(actor_of(request))
        if governed is None:
            raise PermissionDenied
        found: Organisation = Organisation.objects.get(pk=governed)
        return found


class MappingAdmin(GoverningAdmin):
    """Members of a group at the provider get these roles, as long as they are members."""

    section = _("Sign-in groups")
    list_display = ("called", "source_told", "gives", "where", "made")
    list_display_links = ("called",)
    list_select_related = ("space",)
    list_before_template = "desk/parts/new_mapping.html"
    ordering = ("group", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupMapping]:
        rows: QuerySet[GroupMapping] = super().get_queryset(request)
        return rows.select_related("space", "organisation")

    def pages(self) -> list[URLPattern]:
        remove = path(
            "<uuid:public_id>/remove", self.posted(self.remove), name=self.url_name("remove")
        )
        return [path("new", self.guarded(self.new), name=self.url_name("new")), remove]

    @display(description=_("Group"), ordering="group")
    def called(self, mapping: GroupMapping) -> SafeString:
        return excerpt(say_in("everybody") if mapping.group == "*" else mapping.group, 80)

    @display(description=_("Comes from"), ordering="source")
    def source_told(self, mapping: GroupMapping) -> str:
        return told_source(mapping.source)

    @display(description=_("In the organisation"), ordering="organisation_role")
    def gives(self, mapping: GroupMapping) -> str:
        return words.label(mapping.get_organisation_role_display())

    @display(description=_("In a space"))
    def where(self, mapping: GroupMapping) -> SafeString | str:
        if mapping.space is None:
            return "–"
        told = say_in("%(role)s of %(space)s") % {"role": "{role}", "space": "{space}"}
        role = words.label(mapping.get_space_role_display())
        return format_html(told, role=role, space=excerpt(mapping.space.name, 60))

    @display(description=_("Added"), ordering="created_at")
    def made(self, mapping: GroupMapping) -> str:
        return ago(mapping.created_at)

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        mapping: GroupMapping = self.found(request, public_id)
        return self.page(
            request, "desk/mapping.html", title=_("Sign-in group"), mapping=mapping,
            source=told_source(mapping.source),
        )  # fmt: skip

    def new(self, request: HttpRequest) -> HttpResponse:
        """The form; groups that a directory pushed have their roles at once."""
        organisation = self.organisation(request)
        form = MappingForm(request.POST or None, spaces=_shared(organisation))
        refusal = None
        if form.is_valid():
            try:
                made = mappings.add(
                    organisation=organisation, wish=form.wish(), by=actor_of(request).by
                )
            except Error as error:
                refusal = error
            else:
                self.say(request, say_in("The group has its roles."))
                return redirect(self.url("change", made.public_id))
        return self.page(
            request, "desk/new.html", title=_("New sign-in group"), submit=_("Give the roles"),
            form=form,
            refusal=refusal,
        )  # fmt: skip

    def remove(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """What it gave by SCIM ends at once, the rest with the next sign-in."""
        mappings.remove(mapping=self.found(request, public_id), by=actor_of(request).by)
        self.say(request, say_in("The group gives nothing here any more."))
        return redirect(self.url("changelist"))


class ScimTokenAdmin(GoverningAdmin):
    """Credentials of directories; a secret is shown once, on the page that made it."""

    section = _("Directories")
    list_display = ("called", "state", "used", "ends")
    list_display_links = ("called",)
    list_before_template = "desk/parts/new_scim_token.html"
    ordering = ("-created_at", "-pk")

    def pages(self) -> list[URLPattern]:
        revoke = path(
            "<uuid:public_id>/revoke", self.posted(self.revoke), name=self.url_name("revoke")
        )
        return [path("new", self.guarded(self.new), name=self.url_name("new")), revoke]

    @display(description=_("Directory"), ordering="name")
    def called(self, token: ScimToken) -> SafeString:
        key = token.key[:6]
        return format_html('{} <code class="d-quiet">mhs_{}…</code>', excerpt(token.name, 60), key)

    @display(description=_("State"))
    def state(self, token: ScimToken) -> SafeString:
        told, pill = STATES[state_of(token)]
        return format_html('<span class="d-pill {}">{}</span>', pill, told)

    @display(description=_("Last used"), ordering="last_used_at")
    def used(self, token: ScimToken) -> str:
        return ago(token.last_used_at) if token.last_used_at else say_in("Never")

    @display(description=_("Ends"), ordering="expires_at")
    def ends(self, token: ScimToken) -> str:
        return f"{token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "–"

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        token: ScimToken = self.found(request, public_id)
        state = state_of(token)
        return self.page(
            request, "desk/scim_token.html", title=_("Directory"), token=token,
            state=STATES[state][0], works=state == "working",
        )  # fmt: skip

    def new(self, request: HttpRequest) -> HttpResponse:
        """The form, and after it the secret, once."""
        organisation = self.organisation(request)
        form = ScimTokenForm(request.POST or None)
        refusal = None
        if form.is_valid():
            try:
                made = scim_tokens.issue(
                    organisation=organisation,
                    name=form.cleaned_data["name"],
                    by=actor_of(request).by,
                    expires_at=form.expires_at(clock.now()),
                )
            except Error as error:
                refusal = error
            else:
                return self._shown_once(request, *made)
        return self.page(
            request, "desk/new.html", title=_("New directory"), submit=_("Make the token"),
            form=form,
            refusal=refusal,
        )  # fmt: skip

    def revoke(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """At once; what the directory pushed stays as it is."""
        scim_tokens.revoke(token=self.found(request, public_id), by=actor_of(request).by)
        self.say(request, say_in("The token is revoked; the directory's next request is refused."))
        return redirect(self.url("change", public_id))

    def _shown_once(self, request: HttpRequest, token: ScimToken, plain: str) -> HttpResponse:
        """Nothing keeps this page: no cache, no session, no redirect with the secret in it."""
        page = self.page(
            request, "desk/scim_token_issued.html", title=_("The new token"), token=token,
            plain=plain, back=self.url("change", token.public_id),
            base=request.build_absolute_uri("/scim/v2"),
        )  # fmt: skip
        page["Cache-Control"] = "no-store"
        return page


def state_of(token: ScimToken) -> str:
    """One of STATES, as it is now."""
    if token.revoked_at is not None:
        return "revoked"
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    return "expired" if expired else "working"


def _shared(organisation: Organisation) -> list[Space]:
    """Spaces that a group may be given a role in."""
    rows: Any = Space.objects.filter(organisation=organisation).exclude(kind="personal")
    return list(rows.order_by("kind", "name"))
