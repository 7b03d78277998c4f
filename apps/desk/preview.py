"""What a policy would have done lately: stored decisions made again while its form is filled in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as say_in

from apps.accounts.actors import Actor
from apps.curation.core.decide import Verdict
from apps.curation.core.replay import DECIDING
from apps.curation.models import Policy
from apps.curation.services import replay
from apps.curation.services.replay import AT_ONCE, Scope
from apps.desk.actors import actor_of
from apps.desk.forms import PolicyForm
from apps.desk.quality import QualityPage
from apps.desk.words import VERDICTS as VERDICT_WORDS
from apps.kernel import clock
from apps.spaces import access
from apps.spaces.core import ancestry
from apps.spaces.models import Space
from apps.spaces.services import tree

DAYS = 30
_VERDICTS: tuple[Verdict, ...] = ("promote", "review", "hold")


class PreviewPage(QualityPage):
    """The figures beside the form of a policy."""

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path(
                "change/<uuid:space_id>/preview",
                self.posted(self.preview),
                name=self.url_name("preview"),
            ),
        ]

    def preview(self, request: HttpRequest, space_id: UUID) -> JsonResponse:
        """What the values in the form would have decided; at fields that are wrong, what is."""
        space = managed(actor_of(request), space_id)
        form = PolicyForm(request.POST)
        form.fields["why"].required = False
        if not form.is_valid():
            return JsonResponse({"errors": form.errors}, status=400)
        told = replayed(actor_of(request), space, form.values)
        return JsonResponse(told)


def managed(actor: Actor, space_id: UUID) -> Space:
    """The space, if the actor manages it.

    Raises:
        Http404: it does not exist, or somebody else manages it.
    """
    mine = Space.objects.filter(pk__in=access.of(actor).ids("manage"))
    space = mine.filter(public_id=space_id).first()
    if space is None:
        raise Http404(say_in("There is no such thing."))
    return space


def replayed(actor: Actor, space: Space, values: dict[str, Any]) -> dict[str, Any]:
    """The last thirty days under `values`: a sentence, and each verdict before and after.

    Decisions about the space and about those below it that inherit its policy. Figures only.
    """
    since = clock.now() - timedelta(days=DAYS)
    decided = Scope.seen_by(actor).decisions.filter(
        created_at__gte=since, target_id__in=ruled_by(space)
    )
    decisions = replay.recorded(decided.standing()[:AT_ONCE])
    deciding = {name: value for name, value in values.items() if name in DECIDING}
    found = replay.replay(decisions=decisions, values=deciding)
    after = {name: found.after.get(name, 0) for name in _VERDICTS}
    return {
        "decisions": found.decisions,
        "sentence": _sentence(found.decisions, after),
        "rows": [
            [str(VERDICT_WORDS.get(name, name)), found.before.get(name, 0), after[name]]
            for name in _VERDICTS
        ],
        "flips": len(found.flips),
    }


def ruled_by(space: Space) -> set[int]:
    """Row ids of the space and of those below it that have no policy of their own in between."""
    parent_of = tree.parents(space.organisation_id)
    own = set(
        Policy.objects.filter(space__organisation_id=space.organisation_id).values_list(
            "space_id", flat=True
        )
    ) | {space.pk}
    return {one for one in parent_of if ancestry.nearest(one, parent_of, own) == space.pk}


def _sentence(decisions: int, after: dict[Verdict, int]) -> str:
    if not decisions:
        return say_in("Nothing was decided for this space in the last 30 days.")
    return say_in(
        "On the last 30 days this would promote %(promote)d, review %(review)d, hold %(hold)d."
    ) % {name: after.get(name, 0) for name in _VERDICTS}
