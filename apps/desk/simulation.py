"""A run's decisions under another policy: what would flip. Looking changes nothing."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.curation.core.decide import VERDICTS
from apps.curation.core.policy import PRESETS, RULES, PromotionPolicy
from apps.curation.core.replay import DECIDING, Flip, Replay
from apps.curation.models import Candidate, CurationRun
from apps.curation.services import replay
from apps.curation.services.replay import AT_ONCE, Scope
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin, query_of
from apps.desk.forms import policy_field
from apps.kernel.errors import Error

_FLIPS_PER_PAGE = 25
_KEEP = ("", _("as decided"))


class SimulationForm(forms.Form):
    """A policy to decide by; what is left empty stays as each decision had it."""

    preset = forms.ChoiceField(
        required=False,
        label=_("Start from"),
        choices=[("", _("each decision's own policy")), *((name, name) for name in PRESETS)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in fields(PromotionPolicy):
            if field.name in DECIDING:
                self.fields[field.name] = _optional(field.name, type(field.default))

    @property
    def values(self) -> dict[str, Any]:
        """The policy values that were filled in."""
        named = {name: value for name, value in self.cleaned_data.items() if name != "preset"}
        kept = {name: value for name, value in named.items() if value not in {None, ""}}
        return {name: value == "yes" if _is_switch(name) else value for name, value in kept.items()}


class SimulationPage(DeskAdmin):
    """The page of a run that decides it again."""

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path(
                "<uuid:public_id>/simulate",
                self.guarded(self.simulate),
                name=self.url_name("simulate"),
            ),
        ]

    def simulate(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """What would flip; the policy stands in the address, so it can be shared."""
        run: CurationRun = self.found(request, public_id)
        form = SimulationForm(request.GET or None)
        found, refusal = None, None
        if form.is_valid():
            try:
                found = _replayed(request, run, form)
            except Error as error:
                refusal = error
        flips = Paginator(found.flips if found else (), _FLIPS_PER_PAGE)
        page = flips.get_page(request.GET.get("page"))
        return self.page(
            request,
            "desk/simulation.html",
            title=_("Simulate another policy"),
            run=run,
            form=form,
            found=found,
            refusal=refusal,
            truncated=found is not None and found.decisions == AT_ONCE,
            verdicts=_verdicts(found) if found else [],
            moved=[(*way, count) for way, count in found.moved.items()] if found else [],
            flips=_with_requests(request, list(page)),
            pages=page,
            query=query_of(request),
        )


def _replayed(request: HttpRequest, run: CurationRun, form: SimulationForm) -> Replay:
    decisions = replay.of_run(Scope.seen_by(actor_of(request)), run, limit=AT_ONCE)
    preset = form.cleaned_data["preset"] or None
    return replay.replay(decisions=decisions, preset=preset, values=form.values)


def _verdicts(found: Replay) -> list[tuple[str, int, int]]:
    return [(name, found.before.get(name, 0), found.after.get(name, 0)) for name in VERDICTS]


def _with_requests(request: HttpRequest, flips: list[Flip]) -> list[tuple[Flip, Candidate | None]]:
    """Each flip with the newest request about it that the reviewer may see."""
    clusters = [flip.recorded.cluster for flip in flips]
    seen = Candidate.objects.visible_to(actor_of(request)).order_by("pk")
    rows = seen.filter(cluster__public_id__in=clusters).select_related("cluster")
    by_cluster = {str(row.cluster.public_id): row for row in rows}
    return [(flip, by_cluster.get(flip.recorded.cluster)) for flip in flips]


def _optional(name: str, kind: type) -> forms.Field:
    field = policy_field(name, kind)
    words = {str: RULES, bool: ("yes", "no")}.get(kind)
    if words:
        choices = [_KEEP, *((word, word) for word in words)]
        field = forms.ChoiceField(label=field.label, help_text=field.help_text, choices=choices)
    field.required = False
    return field


def _is_switch(name: str) -> bool:
    return isinstance(getattr(PRESETS["default"], name), bool)
