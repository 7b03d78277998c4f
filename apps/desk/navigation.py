"""The sidebar, and the number of pending requests on it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.accounts.actors import Actor
from apps.curation.models import Candidate, Screening, ScreeningState
from apps.desk.actors import actor_of
from apps.governance.querysets import governed_by
from apps.recall.models import Report


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, as the theme wants them."""
    actor = actor_of(request)
    waiting = Candidate.objects.visible_to(actor).pending().count()
    reviewed = Screening.objects.reviewed_by(actor).current()
    disputed = reviewed.filter(state=ScreeningState.DISPUTED).exclude(memory__owner=actor.principal)
    disputes = disputed.count()
    reported = Report.objects.visible_to(actor).pending().count()
    return [
        {
            "items": [
                {"title": "Overview", "icon": "home", "link": reverse("desk:index")},
                {
                    "title": "Requests",
                    "icon": "inbox",
                    "link": reverse("desk:curation_candidate_changelist"),
                    "badge": str(waiting) if waiting else None,
                    "badge_variant": "primary",
                    "badge_style": "solid",
                },
                {
                    "title": "Kept back",
                    "icon": "shield",
                    "link": reverse("desk:curation_screening_changelist"),
                    "badge": str(disputes) if disputes else None,
                    "badge_variant": "primary",
                    "badge_style": "solid",
                },
                {
                    "title": "Reports",
                    "icon": "flag",
                    "link": reverse("desk:recall_report_changelist"),
                    "badge": str(reported) if reported else None,
                    "badge_variant": "primary",
                    "badge_style": "solid",
                },
                {
                    "title": "Runs",
                    "icon": "autorenew",
                    "link": reverse("desk:curation_curationrun_changelist"),
                },
                {
                    "title": "Decay",
                    "icon": "hourglass_bottom",
                    "link": reverse("desk:decay_decayrun_changelist"),
                },
                {
                    "title": "Policies",
                    "icon": "tune",
                    "link": reverse("desk:curation_policy_changelist"),
                },
                {
                    "title": "Quality",
                    "icon": "monitoring",
                    "link": reverse("desk:curation_policy_quality"),
                },
                {
                    "title": "Tokens",
                    "icon": "key",
                    "link": reverse("desk:accounts_agenttoken_changelist"),
                },
                *_for_administrators(actor),
            ]
        }
    ]


def _for_administrators(actor: Actor) -> list[dict[str, Any]]:
    if governed_by(actor) is None:
        return []
    link = reverse("desk:governance_erasure_changelist")
    return [{"title": "Erasures", "icon": "person_off", "link": link}]
