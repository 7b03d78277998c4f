"""The queue of requests and the page of one of them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import exhibits
from apps.desk import bulk, deciding
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.evidence import signals_of
from apps.desk.filters import AgeFilter, ReasonFilter, StatusFilter, TargetFilter
from apps.desk.queue import (
    ORDER,
    history_of,
    neighbours_of,
    requests_alike,
    wider_spaces,
    with_figures,
)
from apps.desk.templatetags.desk import ago, bar
from apps.desk.text import excerpt, without_hidden
from apps.desk.words import STATUSES, sentence
from apps.kernel.admin import action, display
from apps.kernel.errors import Error

WITHDRAWN = "(its people withdrew these words)"


class CandidateAdmin(bulk.BulkDecisions, DeskAdmin):
    """What was proposed: pending requests first, the most widely known on top."""

    section = "Requests"
    list_display = ("says", "to", "behind", "why", "figure", "waiting")
    list_display_links = ("says",)
    list_filter = (StatusFilter, TargetFilter, ReasonFilter, AgeFilter)
    list_before_template = "desk/parts/status_tabs.html"
    search_fields = ("text",)
    search_help_text = "Search the text"
    actions = ("approve_selected", "reject_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Candidate]:
        return with_figures(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ORDER

    def pages(self) -> list[URLPattern]:
        return [
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
        mine = Candidate.objects.visible_to(actor_of(request))
        counts = dict(mine.values_list("status").annotate(n=Count("pk")))
        asked = request.GET.get("status") or CandidateStatus.PENDING
        tabs = [(value, label, counts.get(value, 0)) for value, label in STATUSES.items()]
        tabs.append(("all", "All", sum(counts.values())))
        shown = {"status_tabs": tabs, "status_asked": asked}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @display(description="What it says")
    def says(self, candidate: Candidate) -> SafeString:
        return format_html(
            '<span class="d-says" dir="auto">{}</span>', excerpt(candidate.text) or WITHDRAWN
        )

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

    @display(description="Score", ordering="decision__score")
    def figure(self, candidate: Candidate) -> SafeString:
        score = candidate.decision.score
        return format_html('<span class="d-score">{} {}</span>', f"{score:.2f}", bar(score))

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
        spaces = wider_spaces(candidate, actor_of(request))
        form = deciding.form_for(verb, request, spaces)
        if not form.is_valid():
            return self._page(request, candidate, verb=verb, form=form)
        try:
            done = deciding.carry_out(verb, form, request, candidate)
        except Error as error:
            fresh = self.found(request, public_id)
            return self._page(request, fresh, verb=verb, form=form, refusal=error)
        self.say(request, done)
        if verb in {"split", "join"} or (verb == "edit" and not form.cleaned_data["approve"]):
            return redirect(self.url("change", public_id))
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
        actor = actor_of(request)
        spaces = wider_spaces(candidate, actor)
        forms = deciding.blank_forms(candidate, spaces) | ({verb: form} if verb else {})
        members = exhibits.members_of([candidate])[candidate.pk]
        return self.page(
            request,
            "desk/candidate.html",
            title="Request",
            status=refusal.status if refusal else 200,
            candidate=candidate,
            signals=signals_of(candidate.decision.inputs),
            members=members,
            rewritten=bool(members) and candidate.text not in {m.text for m in members},
            neighbours=neighbours_of(candidate, actor),
            company=exhibits.company_of([candidate], actor)[candidate.pk],
            reviewed={space.pk for space in spaces},
            alike=requests_alike(candidate, actor),
            ticked=[str(one) for one in request.POST.getlist("split-members")],
            history=history_of(candidate),
            forms=forms,
            spaces=spaces,
            hides=without_hidden(candidate.text) != candidate.text,
            open_form=verb or "approve",
            refusal=refusal,
        )
