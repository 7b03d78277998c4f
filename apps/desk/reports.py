"""Memories that several people called harmful: what they say, and the reviewer's word on it."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.forms import ReportForm
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.recall.models import Feedback, Report
from apps.recall.services import reports

_MOST_SAID = 100
_DONE = {"kept": _("It stays as it is."), "quarantined": _("It was put into quarantine.")}


class ReportAdmin(DeskAdmin):
    """Reports of the spaces the person reviews, open ones first."""

    section = _("Reports")
    list_display = ("says", "where", "by", "state", "age")
    list_display_links = ("says",)
    list_select_related = ("memory__space",)
    ordering = ("-closed_at", "opened_at", "pk")  # in PostgreSQL no time comes first
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).select_related("memory__space", "closed_by")

    def pages(self) -> list[URLPattern]:
        return [
            path(
                "<uuid:public_id>/settle",
                self.posted(self.settle),
                name=self.url_name("settle"),
            ),
        ]

    @display(description=_("What it says"))
    def says(self, report: Report) -> SafeString:
        text = excerpt(report.memory.text)
        return format_html('<span class="d-says" dir="auto">{}</span>', text)

    @display(description=_("Space"), ordering="memory__space__name")
    def where(self, report: Report) -> SafeString:
        return excerpt(report.memory.space.name, 60)

    @display(description=_("People"), ordering="people")
    def by(self, report: Report) -> int:
        return report.people

    @display(description=_("State"), ordering="decision")
    def state(self, report: Report) -> str:
        return words.label(report.get_decision_display() if report.decision else "Awaiting review")

    @display(description=_("Age"), ordering="opened_at")
    def age(self, report: Report) -> SafeString:
        when = f"{report.opened_at:%Y-%m-%d %H:%M} UTC"
        return format_html('<span title="{}">{}</span>', when, ago(report.opened_at))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id), ReportForm())

    def settle(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Carry out the reviewer's word; on refusal show the page as it is now."""
        report: Report = self.found(request, public_id)
        form = ReportForm(request.POST)
        if not form.is_valid():
            return self._page(request, report, form)
        try:
            done = reports.settle(actor=actor_of(request), report=report, **form.cleaned_data)
        except Error as error:
            return self._page(request, self.found(request, public_id), form, error)
        self.say(request, _DONE[done.decision])
        return redirect(self.url("changelist"))

    def _page(
        self, request: HttpRequest, report: Report, form: ReportForm, refusal: Error | None = None
    ) -> HttpResponse:
        said = Feedback.objects.visible_to(actor_of(request)).filter(memory=report.memory)
        newest = said.exclude(verdict="useful").select_related("person").order_by("-updated_at")
        return self.page(
            request,
            "desk/report.html",
            title=_("Report"),
            report=report,
            said=newest[:_MOST_SAID],
            form=form,
            refusal=refusal,
        )
