"""Tokens of the person and of the person's agents: issue, rotate, limit, revoke."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.models import AgentToken, User
from apps.accounts.services import tokens, users
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.desk.token_forms import RotateForm, TokenForm
from apps.kernel import clock
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces.models import Space

STATES = {
    "working": _("Working"),
    "ending": _("Ending: rotated"),
    "expired": _("Expired"),
    "revoked": _("Revoked"),
    "off": _("Switched off with its user"),
}


class TokenAdmin(DeskAdmin):
    """Everything the person answers for; a secret is shown once, on the page that made it."""

    section = _("Tokens")
    list_display = ("called", "holder", "may", "state", "used", "ends")
    list_display_links = ("called",)
    list_select_related = ("user__owner", "replacement")
    list_before_template = "desk/parts/new_token.html"
    ordering = ("-created_at", "-pk")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentToken]:
        rows: QuerySet[AgentToken] = super().get_queryset(request)
        return rows.select_related("user__owner", "replacement", "replaces")

    def pages(self) -> list[URLPattern]:
        one = "<uuid:public_id>"
        return [
            path("new", self.guarded(self.new), name=self.url_name("new")),
            path(f"{one}/rotate", self.posted(self.rotate), name=self.url_name("rotate")),
            path(f"{one}/revoke", self.posted(self.revoke), name=self.url_name("revoke")),
        ]

    @display(description=_("Token"), ordering="name")
    def called(self, token: AgentToken) -> SafeString:
        key = token.key[:6]
        return format_html('{} <code class="d-quiet">mh_{}…</code>', excerpt(token.name, 60), key)

    @display(description=_("Of"), ordering="user__name")
    def holder(self, token: AgentToken) -> SafeString:
        return excerpt(token.user.name, 60)

    @display(description=_("May"))
    def may(self, token: AgentToken) -> str:
        where = "" if token.spaces is None else _in_spaces(len(token.spaces))
        return ", ".join(token.scopes) + where

    @display(description=_("State"))
    def state(self, token: AgentToken) -> SafeString:
        state = state_of(token)
        return format_html('<span class="d-pill {}">{}</span>', _PILLS[state], STATES[state])

    @display(description=_("Last used"), ordering="last_used_at")
    def used(self, token: AgentToken) -> SafeString | str:
        return ago(token.last_used_at) if token.last_used_at else say_in("Never")

    @display(description=_("Ends"), ordering="expires_at")
    def ends(self, token: AgentToken) -> str:
        return f"{token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "–"

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id), RotateForm())

    def new(self, request: HttpRequest) -> HttpResponse:
        """The form, and after it the secret, once."""
        actor = actor_of(request)
        agents = User.objects.visible_to(actor).agents().filter(is_active=True).order_by("name")
        spaces = Space.objects.visible_to(actor).order_by("kind", "name")
        form = TokenForm(request.POST or None, agents=agents, spaces=spaces)
        refusal = None
        if form.is_valid():
            try:
                return self._shown_once(request, *self._issued(request, form))
            except Error as error:
                refusal = error
        return self.page(
            request, "desk/new.html", title=_("New token"), submit=_("Make the token"), form=form,
            refusal=refusal,
        )  # fmt: skip

    def rotate(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """A new secret; the old one works on for the overlap."""
        token: AgentToken = self.found(request, public_id)
        form = RotateForm(request.POST)
        if not form.is_valid():
            return self._page(request, token, form)
        overlap = timedelta(minutes=int(form.cleaned_data["overlap"]))
        try:
            made = tokens.rotate(token=token, overlap=overlap, by=actor_of(request).by)
        except Error as error:
            return self._page(request, self.found(request, public_id), form, error)
        return self._shown_once(request, *made)

    def revoke(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """At once, with all it issued."""
        token: AgentToken = self.found(request, public_id)
        tokens.revoke(token=token, by=actor_of(request).by)
        self.say(request, say_in("The token is revoked; the next request with it is refused."))
        return redirect(self.url("change", public_id))

    @transaction.atomic  # a new agent without its token would be of no use
    def _issued(self, request: HttpRequest, form: TokenForm) -> tuple[AgentToken, str]:
        actor, given = actor_of(request), form.cleaned_data
        user = actor.user
        if given["new_agent"]:
            user = users.create_agent(owner=actor.user, name=given["new_agent"], by=actor.by)
        elif given["holder"]:
            user = form.agent(given["holder"])
        return tokens.issue(
            user=user,
            name=given["name"],
            scopes=given["scopes"],
            spaces=[UUID(each) for each in given["spaces"]] or None,
            expires_at=form.expires_at(clock.now()),
            rate_limit=given["rate_limit"],
            by=actor.by,
        )

    def _shown_once(self, request: HttpRequest, token: AgentToken, plain: str) -> HttpResponse:
        """Nothing keeps this page: no cache, no session, no redirect with the secret in it."""
        page = self.page(
            request, "desk/token_issued.html", title=_("The new token"), token=token,
            plain=plain, back=self.url("change", token.public_id),
        )  # fmt: skip
        page["Cache-Control"] = "no-store"
        return page

    def _page(
        self,
        request: HttpRequest,
        token: AgentToken,
        form: RotateForm,
        refusal: Error | None = None,
    ) -> HttpResponse:
        known = Space.objects.visible_to(actor_of(request))
        state = state_of(token)
        shown: dict[str, Any] = {
            "token": token,
            "state": STATES[state],
            "works": state in {"working", "ending"},
            "rotatable": state == "working",
            "spaces": None if token.spaces is None else known.filter(public_id__in=token.spaces),
            "most": settings.RATE_LIMIT_PER_MINUTE,
            "successor": successor_of(token),
        }
        return self.page(
            request, "desk/token.html", title=_("Token"), form=form, refusal=refusal, **shown
        )


_PILLS = {
    "working": "d-pill-good",
    "ending": "d-pill-warn",
    "expired": "",
    "revoked": "d-pill-bad",
    "off": "d-pill-bad",
}


def _in_spaces(count: int) -> str:
    return " " + ngettext("in %(n)d space", "in %(n)d spaces", count) % {"n": count}


def successor_of(token: AgentToken) -> AgentToken | None:
    """The token that replaces this one, if it was rotated."""
    found: AgentToken | None = getattr(token, "replacement", None)
    return found


def state_of(token: AgentToken) -> str:
    """One of STATES, as it is now."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and token.expires_at <= clock.now():
        return "expired"
    owner = token.user.owner
    if not token.user.is_active or (owner is not None and not owner.is_active):
        return "off"
    return "ending" if successor_of(token) else "working"
