"""The sidebar, and the number of pending requests on it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.curation.models import Candidate
from apps.desk.actors import actor_of


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, as the theme wants them."""
    waiting = Candidate.objects.visible_to(actor_of(request)).pending().count()
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
                    "title": "Runs",
                    "icon": "autorenew",
                    "link": reverse("desk:curation_curationrun_changelist"),
                },
                {
                    "title": "Policies",
                    "icon": "tune",
                    "link": reverse("desk:curation_policy_changelist"),
                },
            ]
        }
    ]
