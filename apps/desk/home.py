"""The first page: what waits for this reviewer, what ran, what was published; the dashboard."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest

from apps.accounts.actors import Actor
from apps.curation.models import Candidate, CandidateStatus, CurationRun, RunState
from apps.desk import dashboard, navigation
from apps.desk.actors import actor_of, reviews
from apps.desk.queue import ORDER, with_figures
from apps.kernel import clock

_WEEK = timedelta(days=7)
_RUNS = 20


def overview(request: HttpRequest) -> dict[str, Any]:
    """Context of the first page, narrowed to what the signed-in person may see.

    Who reviews nothing is shown how the hub is, and where to go on.
    """
    actor = actor_of(request)
    if not reviews(actor):
        return {"reviews": False, "health": dashboard.of_the_hub(actor)}
    shown = _of_a_reviewer(actor)
    navigation.waiting(request, shown["figures"]["pending"])
    return shown


def _of_a_reviewer(actor: Actor) -> dict[str, Any]:
    mine = Candidate.objects.visible_to(actor)
    published = mine.filter(
        status__in=[CandidateStatus.APPROVED, CandidateStatus.MERGED]
    ).select_related("target", "reviewer")
    week = Q(decided_at__gte=clock.now() - _WEEK)
    figures = mine.aggregate(
        pending=Count("pk", filter=Q(status=CandidateStatus.PENDING)),
        oldest=Min("created_at", filter=Q(status=CandidateStatus.PENDING)),
        published=Count("pk", filter=week & Q(status=CandidateStatus.APPROVED)),
        decided=Count("pk", filter=week & Q(reviewer__isnull=False)),
        **dashboard.ages(),
    )
    runs = list(CurationRun.objects.visible_to(actor).select_related("requested_by")[:_RUNS])
    return {
        "reviews": True,
        "queue": with_figures(mine.pending()).order_by(*ORDER)[:6],
        "figures": figures,
        "runs": runs[:5],
        "running": next((run for run in runs if run.state in _UNFINISHED), None),
        "published": published.order_by("-decided_at", "-pk")[:5],
        "panels": dashboard.panels(actor, runs, figures),
        "health": dashboard.health(actor),
    }


_UNFINISHED = {RunState.QUEUED, RunState.RUNNING}
