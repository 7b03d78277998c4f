"""Decay: runs and what they archived, undoing one, and what other half-lives would archive."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.decay.core.forecast import MOST_MONTHS, Forecast
from apps.decay.core.policy import VALUES
from apps.decay.models import DecayRun, RunState
from apps.decay.services import forecasts, runs
from apps.desk.actors import actor_of
from apps.desk.forms import policy_field
from apps.desk.run_lists import RunList
from apps.kernel import charts
from apps.kernel.admin import display
from apps.kernel.charts import Chart, Line
from apps.kernel.errors import Error

_TRIED = [name for name in VALUES if name != "decay"]


class ForecastForm(forms.Form):
    """Decay values to try; what is left empty stays as each space has it."""

    months = forms.IntegerField(
        label=_("Months to look ahead"), min_value=1, max_value=MOST_MONTHS, initial=6
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _TRIED:
            kind = float if name in {"decay_floor", "decay_read_slowing"} else int
            self.fields[name] = policy_field(name, kind)
            self.fields[name].required = False

    @property
    def values(self) -> dict[str, Any]:
        """The values that were filled in."""
        return {
            name: self.cleaned_data[name] for name in _TRIED if self.cleaned_data[name] is not None
        }


class DecayRunAdmin(RunList):
    """Runs of decay of the reviewer's organisation, newest first."""

    section = _("Decay")
    ask = staticmethod(runs.request)
    list_display = ("started", "status", "by", "archived", "revived")
    list_before_template = "desk/parts/start_decay.html"
    ordering = ("-pk",)

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path("forecast", self.guarded(self.forecast), name=self.url_name("forecast")),
            path("<uuid:public_id>/undo", self.posted(self.undo), name=self.url_name("undo")),
        ]

    @display(description=_("Archived"))
    def archived(self, run: DecayRun) -> str:
        return f"{sum(count for *_kind, count in _rows(run)):,}"

    @display(description=_("Brought back"))
    def revived(self, run: DecayRun) -> str:
        return f"{run.counts.get('revived', 0):,}"

    def undo(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Have everything that a run archived brought back, or say why not."""
        run: DecayRun = self.found(request, public_id)
        try:
            runs.ask_to_undo(actor=actor_of(request), run=run)
        except Error as error:
            self.say(request, error.detail, failed=True)
        else:
            self.say(request, say_in("What the run archived is being brought back."))
        return redirect(self.url("change", public_id))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        run: DecayRun = self.found(request, public_id)
        return self.page(
            request,
            "desk/decay_run.html",
            title=_("Decay"),
            run=run,
            rows=_rows(run),
            kept=sorted(run.counts.get("kept", {}).items()),
            may_undo=not run.dry and run.state in {RunState.DONE, RunState.FAILED},
        )

    def forecast(self, request: HttpRequest) -> HttpResponse:
        """What would be archived by when; what is tried stands in the address."""
        form = ForecastForm(request.GET or {"months": 6})
        actor, refusal = actor_of(request), None
        found: Forecast | None = None
        tried: Forecast | None = None
        if form.is_valid():
            try:
                months = form.cleaned_data["months"]
                found = forecasts.seen_by(actor, months=months)
                if form.values:
                    tried = forecasts.seen_by(actor, months=months, values=form.values)
            except Error as error:
                refusal = error
        shown = tried or found
        return self.page(
            request,
            "desk/forecast.html",
            title=_("Decay forecast"),
            form=form,
            found=found,
            tried=tried,
            kinds=sorted(shown.kinds.items()) if shown else [],
            kept=sorted(shown.kept.items()) if shown else [],
            points=_side_by_side(found, tried),
            chart=_chart(found, tried) if found else None,
            refusal=refusal,
        )


def _rows(run: DecayRun) -> list[tuple[str, str, int]]:
    """(kind, reason, memories) of what it archived."""
    archived = run.counts.get("archived", {})
    return [
        (kind, reason, count)
        for kind, reasons in sorted(archived.items())
        for reason, count in sorted(reasons.items())
    ]


def _side_by_side(
    found: Forecast | None, tried: Forecast | None
) -> list[tuple[Any, int, int | None]]:
    """(day, archived under what is in force, archived under what is tried)."""
    if found is None:
        return []
    others = [point.archived for point in tried.points] if tried else [None] * len(found.points)
    return [
        (point.on, point.archived, other) for point, other in zip(found.points, others, strict=True)
    ]


def _chart(found: Forecast, tried: Forecast | None) -> Chart:
    lines = [_line(say_in("in force"), found)] + (
        [_line(say_in("tried"), tried, dashed=True)] if tried else []
    )
    title = (tried or found).sentence
    return charts.layout(title=title, across=say_in("months from today"), lines=lines)


def _line(label: str, forecast: Forecast, *, dashed: bool = False) -> Line:
    every = max(forecast.memories, 1)
    points = tuple(
        (float(month), point.archived / every) for month, point in enumerate(forecast.points)
    )
    return Line(label, points, colour="", dashed=dashed)
