"""The first page: what waits for this reviewer, what ran, what was published lately."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest

from apps.curation.models import Candidate, CandidateStatus, CurationRun
from apps.desk.actors import actor_of
from apps.desk.queue import ORDER, with_figures
from apps.kernel import clock

_WEEK = timedelta(days=7)


def overview(request: HttpRequest) -> dict[str, Any]:
    """Context of the first page, narrowed to what the signed-in reviewer may see."""
    actor = actor_of(request)
    mine = Candidate.objects.visible_to(actor)
    published = mine.filter(
        status__in=[CandidateStatus.APPROVED, CandidateStatus.MERGED]
    ).select_related("target", "reviewer")
    week = Q(decided_at__gte=clock.now() - _WEEK)
    return {
        "queue": with_figures(mine.pending()).order_by(*ORDER)[:6],
        "figures": mine.aggregate(
            pending=Count("pk", filter=Q(status=CandidateStatus.PENDING)),
            oldest=Min("created_at", filter=Q(status=CandidateStatus.PENDING)),
            published=Count("pk", filter=week & Q(status=CandidateStatus.APPROVED)),
            decided=Count("pk", filter=week & Q(reviewer__isnull=False)),
        ),
        "runs": CurationRun.objects.visible_to(actor).select_related("requested_by")[:5],
        "published": published.order_by("-decided_at", "-pk")[:5],
    }
