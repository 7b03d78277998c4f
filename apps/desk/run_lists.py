"""What lists of runs have in common: when, how it stands, who asked, and the button for another."""

from collections.abc import Callable
from typing import Any

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
from apps.desk.templatetags.desk import ago
from apps.kernel.admin import display
from apps.kernel.errors import Error


class RunList(DeskAdmin):
    """Runs of the reviewer's organisation, newest first.

    Attributes:
        ask: the service that queues one: takes `actor` and `dry`, returns the run.
    """

    ask: Callable[..., Any]
    list_display_links = ("started",)
    list_select_related = ("requested_by",)
    actions = None

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path("start", self.posted(self.start), name=self.url_name("start")),
        ]

    @display(description=_("Asked for"), ordering="created_at")
    def started(self, run: Any) -> SafeString:
        when = f"{run.created_at:%Y-%m-%d %H:%M}"
        return format_html('<span title="{}">{} UTC</span>', ago(run.created_at), when)

    @display(description=_("State"), ordering="state")
    def status(self, run: Any) -> SafeString:
        label = words.state_of(run)
        return format_html('<span class="d-state d-state-{}">{}</span>', run.state, label)

    @display(description=_("By"))
    def by(self, run: Any) -> str:
        return str(run.requested_by) if run.requested_by else say_in("Nightly")

    def start(self, request: HttpRequest) -> HttpResponse:
        """Queue a run, or say why not."""
        dry = "dry" in request.POST
        try:
            run = self.ask(actor=actor_of(request), dry=dry)
        except Error as error:
            self.say(request, error.detail, failed=True)
            return redirect(self.url("changelist"))
        self.say(request, words.started(dry=dry))
        return redirect(self.url("change", run.public_id))
