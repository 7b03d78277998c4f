"""What the screen kept back: the list of marks, and the page where a dispute is judged."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.curation.models import Screening, ScreeningState
from apps.curation.services import quarantine
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.filters import AgeFilter, FindingFilter, MarkStateFilter
from apps.desk.forms import ReasonForm, ReleaseForm
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.kernel.admin import display
from apps.kernel.errors import Error

_DONE = {
    "release": _("Released: this revision takes part in promotion again."),
    "confirm": _("Confirmed: it stays in its space."),
    "dispute": _("Disputed: reviewers above can read this revision until they have judged."),
    "accept": _("Accepted: nobody else reads it."),
}


class MarkAdmin(DeskAdmin):
    """Marks on what notes say now: disputed ones first, then the oldest."""

    section = _("Kept back")
    list_display = ("whose", "findings", "status", "since")
    list_display_links = ("whose",)
    list_filter = (MarkStateFilter, FindingFilter, AgeFilter)
    list_before_template = "desk/parts/mark_figures.html"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Screening]:
        marks: QuerySet[Screening] = super().get_queryset(request)
        rank = Case(
            When(state=ScreeningState.DISPUTED, then=0),
            When(state=ScreeningState.KEPT, then=1),
            default=2,
            output_field=IntegerField(),
        )
        return marks.select_related("memory__owner", "memory__space", "reviewer").annotate(
            rank=rank
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("rank", "created_at", "pk")

    def pages(self) -> list[URLPattern]:
        return [
            path(
                "<uuid:public_id>/<str:verb>", self.posted(self.judge), name=self.url_name("judge")
            )
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rows = quarantine.figures(actor=actor_of(request))
        judged = [row for row in rows if row.false_alarm_share is not None]
        return super().changelist_view(request, {"judged": judged, **(extra_context or {})})

    @display(description=_("Whose note"), ordering="memory__owner__name")
    def whose(self, mark: Screening) -> str:
        return excerpt(mark.memory.owner.name, 60)

    @display(description=_("What was found"))
    def findings(self, mark: Screening) -> SafeString:
        rows = ((code, words.told(words.FINDINGS, code)) for code in mark.codes)
        items = format_html_join("", '<li title="{}">{}</li>', rows)
        return format_html('<ul class="d-why">{}</ul>', items)

    @display(description=_("State"), ordering="state")
    def status(self, mark: Screening) -> SafeString:
        label = words.told(words.MARKS, mark.state)
        return format_html('<span class="d-state d-state-{}">{}</span>', mark.state, label)

    @display(description=_("Age"), ordering="created_at")
    def since(self, mark: Screening) -> SafeString:
        when = f"{mark.created_at:%Y-%m-%d %H:%M} UTC"
        return format_html('<span title="{}">{}</span>', when, ago(mark.created_at))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found_mark(request, public_id))

    def judge(self, request: HttpRequest, public_id: UUID, verb: str) -> HttpResponse:
        """Carry out one verb; on refusal show the page as it is now, with what was filled in."""
        mark = self.found_mark(request, public_id)
        if verb not in _DONE:
            raise Http404(say_in("There is no such thing."))
        form = _form(verb)(request.POST, prefix=verb)
        if not form.is_valid():
            return self._page(request, mark, filled={verb: form})
        try:
            _carry_out(verb, request, mark, form.cleaned_data["reason"])
        except Error as error:
            fresh = self.found_mark(request, public_id)
            return self._page(request, fresh, filled={verb: form}, refusal=error)
        self.say(request, _DONE[verb])
        return redirect(self.url("change", public_id))

    def found_mark(self, request: HttpRequest, public_id: UUID) -> Screening:
        """The mark, if the actor may see it; 404 otherwise."""
        mark: Screening = self.found(request, public_id)
        return mark

    def _page(
        self,
        request: HttpRequest,
        mark: Screening,
        *,
        filled: dict[str, forms.Form] | None = None,
        refusal: Error | None = None,
    ) -> HttpResponse:
        verbs = _verbs(request, mark)
        blank = {verb: _form(verb)(prefix=verb) for verb in verbs}
        return self.page(
            request,
            "desk/mark.html",
            title=_("Kept back"),
            mark=mark,
            own=_own(request, mark),
            words=quarantine.words_of(actor=actor_of(request), mark=mark),
            forms=[(verb, (filled or {}).get(verb, blank[verb])) for verb in verbs],
            refusal=refusal,
        )


def _own(request: HttpRequest, mark: Screening) -> bool:
    return mark.memory.owner_id == actor_of(request).principal.pk


def _verbs(request: HttpRequest, mark: Screening) -> list[str]:
    """What this person may do about it in the state it is in."""
    open_to_owner = {
        ScreeningState.KEPT: ["dispute", "accept"],
        ScreeningState.DISPUTED: ["accept"],
    }
    open_to_others = {
        ScreeningState.DISPUTED: ["release", "confirm"],
        ScreeningState.RELEASED: ["confirm"],
    }
    found = open_to_owner if _own(request, mark) else open_to_others
    return found.get(ScreeningState(mark.state), [])


def _form(verb: str) -> type[forms.Form]:
    return ReleaseForm if verb == "release" else ReasonForm


def _carry_out(verb: str, request: HttpRequest, mark: Screening, reason: str) -> None:
    actor = actor_of(request)
    if verb == "accept":
        quarantine.accept(actor=actor, mark=mark)
    elif verb == "dispute":
        quarantine.dispute(actor=actor, mark=mark, reason=reason)
    elif verb == "release":
        quarantine.release(actor=actor, mark=mark, reason=reason)
    else:
        quarantine.confirm(actor=actor, mark=mark, reason=reason)
