"""Operations and documentation: health, metrics, Swagger, the front door."""

from collections.abc import Iterator
from typing import Any

import redis
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_safe
from drf_spectacular.views import SpectacularSwaggerSplitView
from prometheus_client import CONTENT_TYPE_LATEST

from apps.audit import metrics as audit
from apps.curation import metrics as curation
from apps.kernel import heartbeat, isolation
from apps.kernel.metrics import Reading, Sample, exposition
from apps.memories import metrics as memories
from apps.memories.services import embeddings
from apps.recall import metrics as recall
from apps.usage import metrics as usage
from memoryhub.languages import SPOKEN

_PENDING_ALARM = 10_000


def _heartbeats() -> Iterator[Sample]:
    age = heartbeat.age("worker")
    if age is not None:
        yield (), age


_READINGS = (
    *audit.READINGS,
    *memories.READINGS,
    *curation.READINGS,
    *recall.READINGS,
    *usage.READINGS,
    Reading("worker_heartbeat_age_seconds", "Absent when no worker is heard of.", _heartbeats),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this hub is, and the ways in; who is signed in goes on from there, too."""
    status, _checks = standing()
    shown = {"status": status, "languages": SPOKEN, "language": get_language()}
    return render(request, "memoryhub/landing.html", shown)


@require_GET
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when requests can be served: the database answers. Without Redis, a worker or with a
    long backlog the hub is `degraded`: it serves, and catches up later.
    """
    status, checks = standing()
    return JsonResponse(
        {"status": status, "checks": checks}, status=503 if status == "down" else 200
    )


def standing() -> tuple[str, dict[str, dict[str, Any]]]:
    """`ok`, `degraded` or `down`, and what each check said."""
    checks = {
        "database": _database(),
        "redis": _redis(),
        "worker": _worker(),
        "embeddings": _embeddings(),
    }
    if not checks["database"]["ok"]:
        return "down", checks
    return "ok" if all(check["ok"] for check in checks.values()) else "degraded", checks


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Prometheus text format: requests, what was done, what waits."""
    with isolation.census():
        return HttpResponse(exposition(_READINGS), content_type=CONTENT_TYPE_LATEST)


class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI from the package, no network; under the same content policy as all else."""

    template_name = "memoryhub/swagger.html"

    http_method_names = ["get", "head"]  # to OPTIONS it has no template to answer with


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False, "detail": "the database does not answer"}
    return {"ok": True}


def _redis() -> dict[str, Any]:
    try:
        cache.get("health")
    except redis.RedisError:
        return {"ok": False, "detail": "Redis does not answer"}
    return {"ok": True}


def _worker() -> dict[str, Any]:
    try:
        age = heartbeat.age("worker")
    except redis.RedisError:
        return {"ok": False, "detail": "unknown without Redis"}
    if age is None:
        return {"ok": False, "detail": "no worker has been heard of for a minute"}
    return {"ok": True, "seconds_ago": round(age, 1)}


def _embeddings() -> dict[str, Any]:
    try:
        with isolation.census():
            pending, lacking = embeddings.pending_count(), embeddings.lacking_count()
    except DatabaseError:
        return {"ok": False, "detail": "unknown without the database"}
    ok = pending < _PENDING_ALARM and not lacking
    return {"ok": ok, "pending": pending, "lacking": lacking}
