"""The dashboard: what waits, what was decided and whether rightly, and how the hub is.

Reads what the reviewer sees: answers of the spaces reviewed, runs of the organisation. What is
counted over the whole hub (embeddings, seals) is a number without a name.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Func, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.audit.models import PendingEvent, Seal
from apps.curation.models import (
    Candidate,
    CandidateStatus,
    CurationRun,
    RunState,
    Screening,
    ScreeningState,
    VerdictChoice,
)
from apps.curation.services import progress, quality
from apps.curation.services.replay import Scope
from apps.desk.actors import actor_of
from apps.desk.panels import Panel, Series
from apps.desk.words import REASONS
from apps.kernel import clock, isolation
from apps.memories.models import Memory, Provenance, Status
from apps.memories.services import embeddings
from apps.spaces import access

_DAYS = 30
_RUNS = 14
_TOP = 8
_SAID_YES = Q(status__in=[CandidateStatus.APPROVED, CandidateStatus.MERGED])


def panels(actor: Actor, runs: Sequence[CurationRun], waiting: dict[str, Any]) -> list[Panel]:
    """Every chart of the dashboard.

    Args:
        actor: whose it is.
        runs: of the organisation, newest first.
        waiting: counts of pending requests by age, as `ages` names them.
    """
    return [
        _waiting(waiting),
        _per_day(actor),
        _by_policy(actor),
        _by_signal(actor),
        _by_verdict(runs),
        _of_runs(runs),
        _growth(actor),
        *_top(actor),
    ]


def ages() -> dict[str, Count]:
    """Aggregates of pending requests by how long they wait."""
    now = clock.now()
    day, week, month = (now - timedelta(days=days) for days in (1, 7, 30))
    pending = Q(status=CandidateStatus.PENDING)
    return {
        "age_day": Count("pk", filter=pending & Q(created_at__gt=day)),
        "age_week": Count("pk", filter=pending & Q(created_at__lte=day, created_at__gt=week)),
        "age_month": Count("pk", filter=pending & Q(created_at__lte=week, created_at__gt=month)),
        "age_older": Count("pk", filter=pending & Q(created_at__lte=month)),
    }


def health(actor: Actor) -> dict[str, Any]:
    """Single figures: errors of promotion, quarantine, embeddings, seals, size."""
    reviewed = access.of(actor).ids("review")
    marks = (
        Screening.objects.reviewed_by(actor)
        .current()
        .aggregate(
            kept=Count("pk", filter=Q(state__in=[ScreeningState.KEPT, ScreeningState.CONFIRMED])),
            disputed=Count("pk", filter=Q(state=ScreeningState.DISPUTED)),
        )
    )
    kept = Memory.objects.visible_to(actor).filter(space_id__in=reviewed)
    return {
        "rates": quality.rates(Scope.seen_by(actor)),
        "marks": marks,
        "quarantined": kept.filter(status=Status.QUARANTINED).count(),
        **of_the_hub(actor),
    }


def standing(request: HttpRequest) -> dict[str, Any]:
    """What changes while somebody looks: for the script that asks again and again."""
    actor = actor_of(request)
    run = CurationRun.objects.visible_to(actor).unfinished().order_by("-id").first()
    with isolation.census():
        pending = embeddings.pending_count()
    return {
        "waiting": Candidate.objects.visible_to(actor).pending().count(),
        "embeddings": pending,
        "run": _progress(run) if run else None,
    }


def _progress(run: CurationRun) -> dict[str, Any]:
    told = progress.of(run)
    return {"id": str(run.public_id), "state": run.state, "percent": round(told.percent, 1)}


def _waiting(counts: dict[str, Any]) -> Panel:
    names = {
        "age_day": _("up to a day"),
        "age_week": _("up to a week"),
        "age_month": _("up to a month"),
        "age_older": _("longer"),
    }
    values = tuple(counts[name] for name in names)
    labels = tuple(str(words) for words in names.values())
    series = (Series(_("Requests"), values, "warn"),)
    return Panel("waiting", _("Waiting, by age"), _("Waiting for"), labels, series, flat=True)


def _days() -> list[date]:
    today = clock.now().date()
    return [today - timedelta(days=back) for back in reversed(range(_DAYS))]


def _per_day(actor: Actor) -> Panel:
    """Decisions of people and policies by day, UTC."""
    days = _days()
    decided = Candidate.objects.visible_to(actor).filter(decided_at__date__gte=days[0])
    by_day = decided.annotate(day=TruncDate("decided_at")).values_list("day").order_by()
    told = {
        day: counts
        for day, *counts in by_day.annotate(
            yes=Count("pk", filter=_SAID_YES & Q(reviewer__isnull=False)),
            no=Count("pk", filter=Q(status=CandidateStatus.REJECTED)),
            alone=Count("pk", filter=_SAID_YES & Q(reviewer__isnull=True)),
        )
    }
    columns = list(zip(*(told.get(day, (0, 0, 0)) for day in days), strict=True))
    series = (
        Series(_("Approved"), columns[0], "good"),
        Series(_("Rejected"), columns[1], "bad"),
        Series(_("By policy"), columns[2], "accent"),
    )
    labels = tuple(f"{day:%m-%d}" for day in days)
    return Panel("per-day", _("Decisions per day"), _("Day"), labels, series, stacked=True)


def _by_policy(actor: Actor) -> Panel:
    """What people said of requests, by the policy that asked."""
    asked = _judged(actor).values_list("target__name", "decision__policy_version")
    rows = list(_yes_and_no(asked).order_by("-total")[:_TOP])
    labels = tuple(f"{name[:40]} v{version}" for name, version, *_counts in rows)
    title, across = _("Acceptance by policy"), _("Policy")
    return Panel("by-policy", title, across, labels, _accepted(rows), stacked=True, flat=True)


def _by_signal(actor: Actor) -> Panel:
    """What people said of requests, by the reasons they were asked for."""
    reasons = Func(F("decision__reasons"), function="unnest")
    asked = _judged(actor).annotate(code=reasons).values_list("code")
    rows = list(_yes_and_no(asked).order_by("-total")[:_TOP])
    labels = tuple(str(REASONS.get(code, code)) for code, *_counts in rows)
    title, across = _("Acceptance by signal"), _("Reason")
    return Panel("by-signal", title, across, labels, _accepted(rows), stacked=True, flat=True)


def _judged(actor: Actor) -> Any:
    said = [CandidateStatus.APPROVED, CandidateStatus.MERGED, CandidateStatus.REJECTED]
    decided = Candidate.objects.visible_to(actor).filter(reviewer__isnull=False)
    return decided.filter(status__in=said).order_by()


def _yes_and_no(asked: Any) -> Any:
    no = Q(status=CandidateStatus.REJECTED)
    return asked.annotate(
        yes=Count("pk", filter=_SAID_YES), no=Count("pk", filter=no), total=Count("pk")
    )


def _accepted(rows: Sequence[Sequence[Any]]) -> tuple[Series, ...]:
    """Of rows that end in yes, no and their sum."""
    return (
        Series(_("Accepted"), tuple(row[-3] for row in rows), "good"),
        Series(_("Rejected"), tuple(row[-2] for row in rows), "bad"),
    )


def _by_verdict(runs: Sequence[CurationRun]) -> Panel:
    """Groups of notes by what the last full run did with them."""
    last = next((run for run in runs if run.state == RunState.DONE and not run.dry), None)
    told = last.counts.get("verdicts", {}) if last else {}
    labels = tuple(str(verdict.label) for verdict in VerdictChoice)
    values = tuple(told.get(verdict, 0) for verdict in VerdictChoice)
    series = (Series(_("Groups"), values),)
    title = _("Groups by verdict, last run")
    return Panel("by-verdict", title, _("Verdict"), labels, series, flat=True)


def _of_runs(runs: Sequence[CurationRun]) -> Panel:
    """What the last runs did, oldest first."""
    shown = [run for run in reversed(runs[:_RUNS]) if "new" in run.counts]
    news = [run.counts["new"] for run in shown]
    series = (
        Series(_("Published"), tuple(new.get("published", 0) for new in news), "good"),
        Series(_("To review"), tuple(new.get("requests", 0) for new in news), "warn"),
    )
    labels = tuple(f"{run.created_at:%m-%d %H:%M}" for run in shown)
    return Panel("runs", _("Runs"), _("Run"), labels, series, stacked=True)


def _growth(actor: Actor) -> Panel:
    """Shared memories by day of the last thirty, as a running sum."""
    days = _days()
    shared = Memory.objects.visible_to(actor).filter(
        space_id__in=access.of(actor).ids("review"), status=Status.ACTIVE
    )
    before = shared.filter(created_at__date__lt=days[0]).count()
    by_day = shared.filter(created_at__date__gte=days[0]).annotate(day=TruncDate("created_at"))
    told = dict(by_day.values_list("day").annotate(Count("pk")).order_by())
    sums: list[int] = []
    for day in days:
        before += told.get(day, 0)
        sums.append(before)
    labels = tuple(f"{day:%m-%d}" for day in days)
    series = (Series(_("Shared memories"), tuple(sums)),)
    return Panel("growth", _("Growth of what is shared"), _("Day"), labels, series, kind="line")


def _top(actor: Actor) -> list[Panel]:
    """Who stands behind most of what is shared, and where most of it is."""
    reviewed = access.of(actor).ids("review")
    behind = Provenance.objects.filter(
        memory__space_id__in=reviewed, memory__status=Status.ACTIVE, contributor__isnull=False
    ).values_list("contributor__name")
    people = list(
        behind.annotate(n=Count("memory", distinct=True)).order_by("-n", "contributor__name")[:_TOP]
    )
    lying = Memory.objects.visible_to(actor).filter(space_id__in=reviewed, status=Status.ACTIVE)
    spaces = list(
        lying.values_list("space__name")
        .annotate(n=Count("pk"))
        .order_by("-n", "space__name")[:_TOP]
    )
    return [
        _ranked("people", _("Top contributors"), _("Person"), people),
        _ranked("spaces", _("Largest spaces"), _("Space"), spaces),
    ]


def _ranked(key: str, title: Any, across: Any, rows: Sequence[tuple[str, int]]) -> Panel:
    labels = tuple(name[:40] for name, _count in rows)
    series = (Series(_("Shared memories"), tuple(count for _name, count in rows)),)
    return Panel(key, title, across, labels, series, flat=True)


def of_the_hub(actor: Actor) -> dict[str, Any]:
    """Embeddings that wait, the last seal with what it does not cover yet; the size for admins."""
    with isolation.census():
        pending, lacking = embeddings.pending_count(), embeddings.lacking_count()
    seal = Seal.objects.order_by("-number").values("number", "size", "sealed_at").first()
    return {
        "embeddings": pending,
        "lacking": lacking,
        "seal": seal,
        "unsealed": PendingEvent.objects.count(),
        "size": _size() if access.administered(actor) else None,
    }


def _size() -> int:
    """Of the whole database, bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    assert row is not None, "a SELECT of one value answers one row"  # noqa: S101
    return int(row[0])
