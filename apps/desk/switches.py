"""Kill switches at the desk: what is stopped, by whom and why; turning them."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.text import excerpt
from apps.desk.times import moment
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces import access
from apps.spaces.models import Switch, SwitchKind
from apps.spaces.services import switches
from apps.spaces.services.switches import REASON_LENGTH

WHAT_STOPS = {
    SwitchKind.PROMOTION: _(
        "Nothing is published to a wider space, neither by a run nor by a reviewer. Runs go on and"
        " hold what they would publish; requests stay where they are."
    ),
    SwitchKind.CONSOLIDATION: _(
        "No run starts; one that is under way ends before it writes. Dry runs may still look, and"
        " reviewers go on deciding."
    ),
    SwitchKind.READ_ONLY: _(
        "Nothing is written: no memories, no outcomes, no decisions, no grants. Reading and"
        " recall go on."
    ),
}


class SwitchForm(forms.Form):
    """What stops, and why."""

    kind = forms.ChoiceField(choices=SwitchKind.choices)
    reason = forms.CharField(max_length=REASON_LENGTH)


class SwitchAdmin(DeskAdmin):
    """Every time something was stopped, newest first; administrators stop and lift."""

    section = _("Kill switches")
    list_display = ("what", "where", "why", "since", "until")
    list_display_links = None
    list_select_related = ("set_by", "lifted_by", "organisation")
    list_before_template = "desk/parts/switches.html"
    ordering = ("-pk",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Switch]:
        rows: QuerySet[Switch] = super().get_queryset(request)
        return rows.select_related("set_by", "lifted_by", "organisation")

    def pages(self) -> list[URLPattern]:
        return [
            path("on", self.posted(self.turn_on), name=self.url_name("on")),
            path("<uuid:public_id>/lift", self.posted(self.lift), name=self.url_name("lift")),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mine = access.administered(actor_of(request))
        on = {row.kind: row for row in in_force(request)}
        shown = {
            "kinds": [(kind, WHAT_STOPS[kind], on.get(kind)) for kind in SwitchKind],
            "administers": mine is not None,
            "reason_length": REASON_LENGTH,
        }
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @display(description=_("What"), ordering="kind")
    def what(self, switch: Switch) -> SafeString:
        pill = "" if switch.lifted_at else " d-pill-bad"
        words = switch.get_kind_display()
        return format_html('<span class="d-pill{}">{}</span>', pill, words)

    @display(description=_("Where"))
    def where(self, switch: Switch) -> SafeString | str:
        if switch.organisation is None:
            return say_in("The whole hub")
        return excerpt(switch.organisation.name, 60)

    @display(description=_("Reason"))
    def why(self, switch: Switch) -> SafeString:
        return format_html('<span class="d-says">{}</span>', excerpt(switch.reason, 200))

    @display(description=_("Since"), ordering="set_at")
    def since(self, switch: Switch) -> SafeString:
        who = switch.set_by.name if switch.set_by else "manage.py"
        return format_html("{}<br>{}", moment(switch.set_at), excerpt(who, 60))

    @display(description=_("Until"), ordering="lifted_at")
    def until(self, switch: Switch) -> SafeString | str:
        if switch.lifted_at is None:
            return say_in("It is on")
        who = switch.lifted_by.name if switch.lifted_by else "manage.py"
        return format_html("{}<br>{}", moment(switch.lifted_at), excerpt(who, 60))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """A switch has no page of its own: the list says all of it."""
        self.found(request, public_id)
        return redirect(self.url("changelist"))

    def turn_on(self, request: HttpRequest) -> HttpResponse:
        """Stop it, or say why not."""
        form = SwitchForm(request.POST)
        if not form.is_valid():
            self.say(request, say_in("A switch needs a reason."), failed=True)
            return redirect(self.url("changelist"))
        try:
            made = switches.turn_on(actor=actor_of(request), **form.cleaned_data)
        except Error as error:
            self.say(request, error.detail, failed=True)
        else:
            self.say(request, f"{made.get_kind_display()}.")
        return redirect(self.url("changelist"))

    def lift(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Let it go on, or say why not."""
        switch: Switch = self.found(request, public_id)
        reason = request.POST.get("reason", "")[:REASON_LENGTH]
        try:
            switches.lift(actor=actor_of(request), switch=switch, reason=reason)
        except Error as error:
            self.say(request, error.detail, failed=True)
        else:
            self.say(request, say_in("It goes on."))
        return redirect(self.url("changelist"))


def in_force(request: HttpRequest) -> list[Switch]:
    """What is stopped for the person's organisation now, the hub's first; once per request."""
    known = vars(request).get("switches_in_force")
    if known is None:
        rows = Switch.objects.visible_to(actor_of(request)).on().select_related("set_by")
        known = sorted(rows, key=lambda row: (row.organisation_id is not None, row.pk))
        vars(request)["switches_in_force"] = known
    return list(known)
