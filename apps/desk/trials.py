"""The archivist's test bench: what a prompt would make of a space's clusters. Nothing changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.consolidation.models import ArchivistPolicy
from apps.consolidation.querysets import decidable
from apps.consolidation.services import policies, trials
from apps.consolidation.services.trials import Outcome, Trial
from apps.desk import reads
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.kernel.errors import Error
from apps.memories.models import Memory
from apps.spaces.models import Space

_CLUSTERS = 10  # the person waits for them
_VERSIONS = 20
_IN_FORCE = ("", _("in force"))

_TASKS: dict[str, Any] = {  # what a prompt of the archivist is for
    "summary": _("Summarise"),
    "synthesis": _("Connect"),
    "brief": _("Brief"),
}

_FAILED: dict[str, Any] = {  # why the archivist would drop what a model wrote
    "nothing": _("the model claimed nothing"),
    "unsupported": _("its sources do not say most of it"),
    "long": _("too long"),
    "unconnected": _("it connects nothing"),
    "no_answer": _("the model did not answer"),
}

_TROUBLES: dict[str, Any] = {  # why not all clusters were asked about
    "no_model": _("There is no language model: nothing was asked."),
    "budget": _("The tokens of one run were used up before the last cluster."),
    "calls": _("The calls of the day are used up."),
    "unavailable": _("The language model does not answer."),
    "time": _("The time of a trial was over before the last cluster."),
}


class ChosenForm(forms.Form):
    """Where to try, what for, and which version's prompt to start from."""

    space = forms.ChoiceField(label=_("Space"))
    task = forms.ChoiceField(label=_("What for"), choices=list(_TASKS.items()))
    version = forms.ChoiceField(label=_("Start from"), required=False)

    def __init__(
        self, *args: Any, spaces: Iterable[Space], versions: Iterable[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(space.public_id), space.name) for space in spaces]
        numbered = [(str(number), f"v{number}") for number in versions]
        self.fields["space"].choices = named  # type: ignore[attr-defined]
        self.fields["version"].choices = [_IN_FORCE, *numbered]  # type: ignore[attr-defined]


class PromptForm(forms.Form):
    """What the model is told, and on how many clusters."""

    prompt = forms.CharField(
        label=_("Prompt"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("What keeps the model to data and to the form of its answer is added to it."),
    )
    clusters = forms.IntegerField(
        label=_("Clusters at most"), min_value=1, max_value=_CLUSTERS, initial=3
    )


class TrialPage(DeskAdmin):
    """The page where prompts are tried before they are policy."""

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path("try", self.guarded(self.trial), name=self.url_name("try")),
        ]

    def trial(self, request: HttpRequest) -> HttpResponse:
        """What is tried stands in the address, its prompt in the form; posting it asks the model.

        Waits for the model, at most a minute and a half.
        """
        actor = actor_of(request)
        spaces = list(_spaces(actor))
        asked = request.GET.copy()
        asked.setdefault("task", trials.TASKS[0])
        if spaces:
            asked.setdefault("space", str(spaces[0].public_id))
        space = next((one for one in spaces if str(one.public_id) == asked.get("space")), None)
        versions = _versions(space) if space else {}
        chosen = ChosenForm(asked if spaces else None, spaces=spaces, versions=versions)
        started = None
        if space is not None and chosen.is_valid():
            started = _prompt(space, versions, chosen.cleaned_data)
        form = PromptForm(request.POST or None, initial={"prompt": started})
        found, refusal = None, None
        if started is not None and space is not None and form.is_valid():
            found, refusal = _tried(actor, space, chosen.cleaned_data["task"], form.cleaned_data)
        shown = _sources(actor, found.outcomes if found else ())
        if shown:
            reads.record(request, "memory", shown, view="trial")
        return self.page(
            request,
            "desk/trial.html",
            title=_("Try a prompt"),
            chosen=chosen,
            form=form,
            ready=started is not None,
            found=found,
            trouble=_TROUBLES.get(found.trouble) if found else None,
            outcomes=_told(found, shown),
            refusal=refusal,
            status=_status(chosen, form),
        )


def _status(*given: forms.Form) -> int:
    return 400 if any(one.is_bound and not one.is_valid() for one in given) else 200


def _spaces(actor: Actor) -> Iterable[Space]:
    rows = Space.objects.filter(pk__in=decidable(actor))
    return rows.select_related("organisation", "person", "parent").order_by("kind", "name", "pk")


def _versions(space: Space) -> dict[int, Mapping[str, Any]]:
    """Values of the space's own versions, the newest first."""
    rows = ArchivistPolicy.objects.filter(space=space).order_by("-version")[:_VERSIONS]
    return dict(rows.values_list("version", "values"))


def _prompt(
    space: Space, versions: Mapping[int, Mapping[str, Any]], chosen: Mapping[str, str]
) -> str:
    """The prompt of the chosen version; of the one in force where it had none yet."""
    name = f"{chosen['task']}_prompt"
    own = versions.get(int(chosen["version"]), {}) if chosen["version"] else {}
    return str(own[name] if name in own else getattr(policies.in_force(space).policy, name))


def _tried(
    actor: Actor, space: Space, task: str, asked: Mapping[str, Any]
) -> tuple[Trial | None, Error | None]:
    try:
        return trials.attempt(actor=actor, space=space, task=task, **asked), None
    except Error as error:
        return None, error


def _sources(actor: Actor, outcomes: Iterable[Outcome]) -> dict[UUID, str]:
    """Words of the memories that were shown to the model."""
    ids = {public_id for one in outcomes for public_id in one.sources}
    if not ids:
        return {}
    rows = Memory.objects.visible_to(actor).filter(public_id__in=ids)
    return dict(rows.values_list("public_id", "text"))


def _told(found: Trial | None, shown: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """Each cluster; claims with the numbers of their sources as the page counts them, from 1."""
    return [
        {
            "passed": one.passed,
            "failed": [_FAILED.get(code, code) for code in one.failed],
            "tokens": one.tokens,
            "claims": [{"text": claim.text, "sources": _places(claim.cites)} for claim in one.kept],
            "dropped": [
                {"text": each.claim.text, "sources": _places(each.claim.cites), "codes": each.codes}
                for each in one.dropped
            ],
            "sources": [(public_id, shown.get(public_id, "")) for public_id in one.sources],
        }
        for one in (found.outcomes if found else ())
    ]


def _places(cites: Sequence[int]) -> list[str]:
    return [str(cite + 1) if cite >= 0 else "?" for cite in cites]
