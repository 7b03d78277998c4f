"""Curation runs: what they read, decided and why; starting one."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.curation.models import Candidate, CurationRun, RunState
from apps.curation.services import progress, runs
from apps.desk.actors import actor_of
from apps.desk.run_lists import RunList
from apps.desk.simulation import SimulationPage
from apps.desk.words import STEPS, TROUBLES
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces.models import Space

_DECISIONS_PER_PAGE = 25
_UNFINISHED = {RunState.QUEUED, RunState.RUNNING}


class RunAdmin(RunList, SimulationPage):
    """Runs of the reviewer's organisation, newest first."""

    section = _("Runs")
    ask = staticmethod(runs.request)
    list_display = ("started", "status", "by", "read", "new")
    list_filter = ("state", "dry")
    list_before_template = "desk/parts/start_run.html"

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path(
                "<uuid:public_id>/progress",
                self.guarded(self.progress),
                name=self.url_name("progress"),
            ),
            path("<uuid:public_id>/cancel", self.posted(self.cancel), name=self.url_name("cancel")),
        ]

    @display(description=_("Memories read"))
    def read(self, run: CurationRun) -> str:
        return str(run.counts.get("memories", "–"))

    @display(description=_("New"))
    def new(self, run: CurationRun) -> str:
        """Published and sent to reviewers by this run."""
        new = run.counts.get("new")
        if new is None:
            return "–"
        return say_in("published: %(n)s, to review: %(m)s") % {
            "n": new.get("published", 0),
            "m": new.get("requests", 0),
        }

    def progress(self, request: HttpRequest, public_id: UUID) -> JsonResponse:
        """Where the run is, for the page that shows it."""
        run: CurationRun = self.found(request, public_id)
        return JsonResponse(_standing(run))

    def cancel(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Have the run stop, or say why not."""
        run: CurationRun = self.found(request, public_id)
        try:
            runs.cancel(actor=actor_of(request), run=run)
        except Error as error:
            self.say(request, error.detail, failed=True)
        else:
            self.say(
                request, say_in("The run ends before its next part; what is half-done is dropped.")
            )
        return redirect(self.url("change", public_id))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        run: CurationRun = self.found(request, public_id)
        page = Paginator(run.decisions.all(), _DECISIONS_PER_PAGE).get_page(request.GET.get("page"))
        reviewed = Candidate.objects.visible_to(actor_of(request))
        requests = {row.decision_id: row for row in reviewed.filter(decision__in=list(page))}
        spaces = _visible_spaces(request)
        names: dict[int | None, str] = {space.pk: space.name for space in spaces}
        by_id = {str(space.public_id): space.name for space in spaces}
        return self.page(
            request,
            "desk/run.html",
            title=_("Run"),
            run=run,
            unfinished=run.state in _UNFINISHED,
            standing=_standing(run),
            trouble=TROUBLES.get(run.counts.get("model_trouble", "")),
            rehearsed=[(row, by_id.get(row["target"])) for row in run.report],
            verdicts=run.counts.get("verdicts", {}),
            reasons=sorted(run.counts.get("reasons", {}).items(), key=lambda item: -item[1]),
            screened=run.counts.get("screened", {}),
            new=run.counts.get("new", {}),
            decisions=[(row, requests.get(row.pk), names.get(row.target_id)) for row in page],
            pages=page,
        )


def _visible_spaces(request: HttpRequest) -> list[Space]:
    """The spaces the reviewer knows; a run decides about others, too."""
    return list(Space.objects.visible_to(actor_of(request)))


def _standing(run: CurationRun) -> dict[str, Any]:
    """Progress in words and figures."""
    told = progress.of(run)
    where = str(STEPS.get(told.step) or say_in("Waiting for a worker"))
    if told.total:
        where += f": {told.done:,} of {told.total:,}"
    if run.cancel_asked_at is not None:
        where = f"{say_in('Stopping.')} {where}"
    return {
        "unfinished": run.state in _UNFINISHED,
        "percent": told.percent,
        "where": where,
        "left": _left(told.seconds_left),
        "beat": f"{run.beat_at:%H:%M:%S} UTC" if run.beat_at else say_in("not yet"),
    }


def _left(seconds: int | None) -> str:
    """Roughly, in words; empty where nothing can be told."""
    if seconds is None:
        return ""
    if seconds < 90:
        return say_in("about %(n)d s left") % {"n": seconds}
    return say_in("about %(n)d min left") % {"n": round(seconds / 60)}
