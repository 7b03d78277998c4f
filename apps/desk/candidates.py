"""The queue of requests and the page of one of them."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import leases
from apps.curation.services.escalation import propose_from_request
from apps.desk import bulk, deciding, escalation, navigation, request_page
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin, Pages
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
WITHDRAWN = _("(its people withdrew these words)")
_COUNTS = "desk_counts"  # of the tabs, kept on the request
_UNFILTERED = frozenset({"status", "p", "o"})  # parameters that leave the number of rows alone
_STAYS = frozenset({"split", "join", "undo"})  # after these the page of the request goes on


class CandidateAdmin(bulk.BulkDecisions, DeskAdmin):
    """What was proposed: what waits first, by what it is worth of a reviewer's attention."""

    section = _("Requests")
    list_display = ("says", "to", "behind", "why", "weight", "waiting")
    list_display_links = ("says",)
    list_filter = (
        StatusFilter, TargetFilter, ReasonFilter, ScoreFilter, AgeFilter, LanguageFilter,
        ContributorFilter,
    )  # fmt: skip
    list_before_template = "desk/parts/status_tabs.html"
    list_after_template = "desk/parts/keys.html"
    search_fields = ("text",)
    search_help_text = _("Search the text")
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
                "<uuid:public_id>/escalate",
                self.posted(self.escalate),
                name=self.url_name("escalate"),
            ),
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
        counted = tabs(actor_of(request))
        counts = {value: count for value, _label, count in counted}
        vars(request)[_COUNTS] = counts
        navigation.waiting(request, counts[CandidateStatus.PENDING] + counts["deferred"])
        shown = {"status_tabs": counted, "status_asked": asked}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any
    ) -> Pages:
        """Where only the status is asked for, the tabs have counted already."""
        pages: Pages = super().get_paginator(request, queryset, per_page, *args, **kwargs)
        asked = request.GET.get("status") or CandidateStatus.PENDING
        known = vars(request).get(_COUNTS, {})
        if asked in known and set(request.GET) <= _UNFILTERED:
            vars(pages)["count"] = known[asked]
        return pages

    def take_next(self, request: HttpRequest) -> HttpResponse:
        """The next request, held for the reviewer; the queue when nothing waits."""
        taken = leases.take_next(actor=actor_of(request))
        if taken is None:
            self.say(request, say_in("Nothing waits for you."))
            return redirect(self.url("changelist"))
        return redirect(self.url("change", taken.public_id))

    @display(description=_("What it says"))
    def says(self, candidate: Candidate) -> SafeString:
        words = excerpt(candidate.text) or WITHDRAWN
        return format_html('<span class="d-says" dir="auto">{}</span>', words)

    @display(description=_("Proposal"), ordering="target__name")
    def to(self, candidate: Candidate) -> SafeString:
        verbs = {
            CandidateStatus.PENDING: say_in("Publish to"),
            CandidateStatus.APPROVED: say_in("Published to"),
        }
        verb = verbs.get(CandidateStatus(candidate.status), f"{STATUSES[candidate.status]}:")
        name = excerpt(candidate.target.name, 60)
        return format_html("<span>{} <strong>{}</strong></span>", verb, name)

    @display(description=_("People"), ordering="independent")
    def behind(self, candidate: Any) -> SafeString:
        told = say_in("%(n)d independent of %(of)d who say it") % {
            "n": candidate.independent,
            "of": candidate.people,
        }
        return format_html(
            '<span title="{}"><strong>{}</strong> / {}</span>',
            told, candidate.independent, candidate.people,
        )  # fmt: skip

    @display(description=_("Why it is here"))
    def why(self, candidate: Candidate) -> SafeString:
        rows = ((code, sentence(code)) for code in candidate.decision.reasons)
        items = format_html_join("", '<li title="{}">{}</li>', rows)
        return format_html('<ul class="d-why">{}</ul>', items)

    @display(description=_("Attention"), ordering="ranked_at")
    def weight(self, candidate: Candidate) -> SafeString:
        parts = standing_of(candidate)
        told = "\n".join(f"{part.words}: {part.points:.1f}" for part in parts)
        points = sum(part.points for part in parts)
        return format_html(
            '<span class="d-score" title="{}">{} {}</span>{}',
            told, f"{points:.1f}", bar(min(1.0, points / _HEAVY)), _whose(candidate),
        )  # fmt: skip

    @display(description=_("Age"), ordering="created_at")
    def waiting(self, candidate: Candidate) -> SafeString:
        when = f"{candidate.created_at:%Y-%m-%d %H:%M} UTC"
        return format_html('<span title="{}">{}</span>', when, ago(candidate.created_at))

    @action(description=_("Approve…"))
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> HttpResponse:
        return self.ask(request, queryset, "approve")

    @action(description=_("Reject…"))
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

    def escalate(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Open a proposal for canon; what is not published yet is published with it."""
        candidate = self.found(request, public_id)
        form = escalation.EscalateForm(request.POST, prefix="escalate")
        if not form.is_valid():
            return self._page(request, candidate, verb="escalate", form=form)
        try:
            proposal = propose_from_request(
                actor=actor_of(request),
                candidate=candidate,
                expected_revision=deciding.seen_revision(request),
                **form.cleaned_data,
            )
        except Error as error:
            fresh = self.found(request, public_id)
            return self._page(request, fresh, verb="escalate", form=form, refusal=error)
        self.say(request, say_in("A proposal for canon is open; somebody else reviews it."))
        return redirect(escalation.address_of(proposal))

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
            title=say_in("Request"),
            **request_page.context(request, candidate, verb=verb, form=form, refusal=refusal),
        )


def _with_a_way_back(done: str, address: str) -> SafeString:
    """What was done, with a link to where it is taken back."""
    return format_html('{} <a href="{}#undo" data-undo>{}</a>', done, address, say_in("Undo"))


def _whose(candidate: Candidate) -> SafeString:
    """Who judges it, or who was asked to."""
    if candidate.status != CandidateStatus.PENDING:
        return SafeString("")
    holder = leases.holder(candidate)
    if holder:
        told = say_in("%(name)s is judging it") % {"name": holder}
    elif candidate.assignee is not None:
        told = say_in("%(name)s was asked") % {"name": candidate.assignee.name}
    else:
        return SafeString("")
    return format_html('<span class="d-pill d-pill-info d-whose">{}</span>', excerpt(told, 40))
