"""How good promotion is: rates, reliability, proposed thresholds and what a threshold does."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.curation import curves
from apps.curation.core.policy import DEFAULT, PRESETS
from apps.curation.core.replay import DECIDING
from apps.curation.core.sensitivity import Point
from apps.curation.services import quality, replay
from apps.curation.services.replay import AT_ONCE, Scope, Sweep
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.policy_words import policy_words
from apps.desk.words import RATES
from apps.kernel.errors import Error

_SWEPT = [
    (name, policy_words(name)[0])
    for name, value in DEFAULT.values().items()
    if name in DECIDING and type(value) in {int, float}
]
_FIRST = {"value": "outcome_threshold", "start": 0.5, "stop": 0.95, "steps": 10, "preset": ""}


class SweepForm(forms.Form):
    """A policy value and where it goes."""

    value = forms.ChoiceField(label=_("Policy value"), choices=_SWEPT)
    start = forms.FloatField(label=_("From"), widget=forms.NumberInput(attrs={"step": "any"}))
    stop = forms.FloatField(label=_("To"), widget=forms.NumberInput(attrs={"step": "any"}))
    steps = forms.IntegerField(label=_("Steps"), min_value=2, max_value=51)
    preset = forms.ChoiceField(
        required=False,
        label=_("The rest of the policy"),
        choices=[("", _("each decision's own")), *((name, name) for name in PRESETS)],
    )


class QualityPage(DeskAdmin):
    """The page that judges promotion, beside the policies."""

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path("quality", self.guarded(self.quality), name=self.url_name("quality")),
        ]

    def quality(self, request: HttpRequest) -> HttpResponse:
        """Everything that people's answers say; the sweep stands in the address."""
        actor = actor_of(request)
        found = quality.seen_by(actor)
        form = SweepForm(request.GET or _FIRST)
        swept, refusal = {}, None
        if form.is_valid():
            try:
                swept = _swept(Scope.seen_by(actor), form)
            except Error as error:
                refusal = error
        return self.page(
            request,
            "desk/quality.html",
            title=_("Quality"),
            found=found,
            rates=[(words, getattr(found.rates, name)) for name, words in RATES.items()],
            reliability=curves.of_reliability(found.self_evaluation),
            form=form,
            refusal=refusal,
            **swept,
        )


def _swept(scope: Scope, form: SweepForm) -> dict[str, Any]:
    """Context of the sweep: its points as rows, and its chart."""
    asked = form.cleaned_data
    decisions = replay.standing(scope, limit=AT_ONCE)
    labels = replay.labels(scope)
    points = list(
        replay.sweep(
            decisions=decisions,
            sweep=Sweep(asked["value"], asked["start"], asked["stop"], asked["steps"]),
            labels=labels,
            preset=asked["preset"] or None,
        )
    )
    return {
        "decisions": len(decisions),
        "truncated": len(decisions) == AT_ONCE,
        "labelled": len({one.cluster for one in decisions} & labels.keys()),
        "points": [_row(point) for point in points],
        "sweep": curves.of_sweep(policy_words(asked["value"])[0], points),
    }


def _row(point: Point) -> dict[str, Any]:
    return {
        "value": f"{point.value:g}",
        "promote": point.verdicts.get("promote", 0),
        "review": point.verdicts.get("review", 0),
        "hold": point.verdicts.get("hold", 0),
        "precision": point.precision,
        "recall": point.recall,
        "review_precision": point.review_precision,
        "covered": point.covered,
    }
