"""The queue of requests and the page of one of them."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import leases
from apps.desk import bulk, deciding, request_page
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.filters import (
    AgeFilter,
    ContributorFilter,
    LanguageFilter,
    ReasonFilter,
    ScoreFilter,
    StatusFilter,
    TargetFilter,
)
from apps.desk.queue import ORDER, standing_of, tabs, wider_spaces, with_figures
from apps.desk.templatetags.desk import ago, bar
from apps.desk.text import excerpt
from apps.desk.words import STATUSES, sentence
from apps.kernel.admin import action, display
from apps.kernel.errors import Error

_HEAVY = 30.0  # points that fill the bar
WITHDRAWN = "(its people withdrew these words)"
_STAYS = frozenset({"split", "join", "undo"})  # after these the page of the request goes on


class CandidateAdmin(bulk.BulkDecisions, DeskAdmin):
    """What was proposed: what waits first, by what it is worth of a reviewer's attention."""

    section = "Requests"
    list_display = ("says", "to", "behind", "why", "weight", "waiting")
    list_display_links = ("says",)
    list_filter = (
        StatusFilter, TargetFilter, ReasonFilter, ScoreFilter, AgeFilter, LanguageFilter,
        ContributorFilter,
    )  # fmt: skip
    list_before_template = "desk/parts/status_tabs.html"
    list_after_template = "desk/parts/keys.html"
    search_fields = ("text",)
    search_help_text = "Search the text"
    actions = ("approve_selected", "reject_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Candidate]:
        return with_figures(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        asked = request.GET.get("status") or CandidateStatus.PENDING
        if asked in {CandidateStatus.PENDING, "deferred", "asked"}:
            return ORDER
        return (F("decided_at").desc(nulls_first=True), "pk")  # what waits, then the latest

    def pages(self) -> list[URLPattern]:
        return [
            path("next", self.posted(self.take_next), name=self.url_name("next")),
            path("decide", self.posted(self.decide_many), name=self.url_name("decide_many")),
            path(
                "<uuid:public_id>/<str:verb>",
                self.posted(self.decide),
                name=self.url_name("decide"),
            ),
        ]

    # --- the list ---------------------------------------------------------------------------
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        asked = request.GET.get("status") or CandidateStatus.PENDING
        shown = {"status_tabs": tabs(actor_of(request)), "status_asked": asked}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def take_next(self, request: HttpRequest) -> HttpResponse:
        """The next request, held for the reviewer; the queue when nothing waits."""
        taken = leases.take_next(actor=actor_of(request))
        if taken is None:
            self.say(request, "Nothing waits for you.")
            return redirect(self.url("changelist"))
        return redirect(self.url("change", taken.public_id))

    @display(description="What it says")
    def says(self, candidate: Candidate) -> SafeString:
        words = excerpt(candidate.text) or WITHDRAWN
        return format_html('<span class="d-says" dir="auto">{}</span>', words)

    @display(description="Proposal", ordering="target__name")
    def to(self, candidate: Candidate) -> SafeString:
        verbs = {CandidateStatus.PENDING: "Publish to", CandidateStatus.APPROVED: "Published to"}
        verb = verbs.get(CandidateStatus(candidate.status), STATUSES[candidate.status] + ":")
        name = excerpt(candidate.target.name, 60)
        return format_html("<span>{} <strong>{}</strong></span>", verb, name)

    @display(description="People", ordering="independent")
    def behind(self, candidate: Any) -> SafeString:
        return format_html(
            '<span title="{} independent of {} who say it"><strong>{}</strong> of {}</span>',
            candidate.independent, candidate.people, candidate.independent, candidate.people,
        )  # fmt: skip

    @display(description="Why it is here")
    def why(self, candidate: Candidate) -> SafeString:
        rows = ((code, sentence(code)) for code in candidate.decision.reasons)
        items = format_html_join("", '<li title="{}">{}</li>', rows)
        return format_html('<ul class="d-why">{}</ul>', items)

    @display(description="Attention", ordering="ranked_at")
    def weight(self, candidate: Candidate) -> SafeString:
        parts = standing_of(candidate)
        told = "\n".join(f"{part.words}: {part.points:.1f}" for part in parts)
        points = sum(part.points for part in parts)
        return format_html(
            '<span class="d-score" title="{}">{} {}</span>{}',
            told, f"{points:.1f}", bar(min(1.0, points / _HEAVY)), _whose(candidate),
        )  # fmt: skip

    @display(description="Age", ordering="created_at")
    def waiting(self, candidate: Candidate) -> SafeString:
        when = f"{candidate.created_at:%Y-%m-%d %H:%M} UTC"
        return format_html('<span title="{}">{}</span>', when, ago(candidate.created_at))

    @action(description="Approve…")
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> HttpResponse:
        return self.ask(request, queryset, "approve")

    @action(description="Reject…")
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> HttpResponse:
        return self.ask(request, queryset, "reject")

    # --- one of them ------------------------------------------------------------------------
    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id))

    def decide(self, request: HttpRequest, public_id: UUID, verb: str) -> HttpResponse:
        """Carry out one verb; on refusal show the page as it is now, with what was filled in."""
        candidate = self.found(request, public_id)
        actor = actor_of(request)
        going_on = bool(leases.holder(candidate)) and candidate.held_by_id == actor.user.pk
        spaces = wider_spaces(candidate, actor)
        colleagues = request_page.colleagues_of(candidate, actor)
        form = deciding.form_for(verb, request, spaces, colleagues)
        if not form.is_valid():
            return self._page(request, candidate, verb=verb, form=form)
        try:
            done = deciding.carry_out(verb, form, request, candidate)
        except Error as error:
            fresh = self.found(request, public_id)
            return self._page(request, fresh, verb=verb, form=form, refusal=error)
        if verb in _STAYS or (verb == "edit" and not form.cleaned_data["approve"]):
            self.say(request, done)
            return redirect(self.url("change", public_id))
        self.say(request, _with_a_way_back(done, self.url("change", public_id)))
        if going_on and verb != "release":
            return self.take_next(request)
        return redirect(self.url("changelist"))

    def _page(
        self,
        request: HttpRequest,
        candidate: Candidate,
        *,
        verb: str = "",
        form: Any = None,
        refusal: Error | None = None,
    ) -> HttpResponse:
        return self.page(
            request,
            "desk/candidate.html",
            title="Request",
            status=refusal.status if refusal else 200,
            **request_page.context(request, candidate, verb=verb, form=form, refusal=refusal),
        )


def _with_a_way_back(done: str, address: str) -> SafeString:
    """What was done, with a link to where it is taken back."""
    return format_html('{} <a href="{}#undo" data-undo>Undo</a>', done, address)


def _whose(candidate: Candidate) -> SafeString:
    """Who judges it, or who was asked to."""
    if candidate.status != CandidateStatus.PENDING:
        return SafeString("")
    holder = leases.holder(candidate)
    if holder:
        told = f"{holder} is judging it"
    elif candidate.assignee is not None:
        told = f"{candidate.assignee.name} was asked"
    else:
        return SafeString("")
    return format_html('<span class="d-pill d-pill-info d-whose">{}</span>', excerpt(told, 40))
