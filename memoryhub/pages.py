"""Operations and documentation: health, metrics, Swagger, the front door."""

from collections.abc import Iterator
from typing import Any

import redis
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views import defaults
from django.views.decorators.http import require_GET
from drf_spectacular.views import SpectacularSwaggerSplitView
from prometheus_client import CONTENT_TYPE_LATEST

from apps.audit import metrics as audit
from apps.curation import metrics as curation
from apps.kernel import heartbeat, isolation
from apps.kernel.metrics import Reading, Sample, exposition
from apps.memories import metrics as memories
from apps.memories.services import embeddings
from apps.recall import metrics as recall

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
    Reading("worker_heartbeat_age_seconds", "Absent when no worker is heard of.", _heartbeats),
)


@require_GET
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """People who open the bare address want the desk."""
    return HttpResponseRedirect("/desk/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses to read, as one for another host; without saying more."""
    if request.path.startswith("/api/"):
        return _error(400, "invalid", "The request cannot be read.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A path that is none: in the API's error body for programs, a page for people."""
    if request.path.startswith("/api/"):
        return _error(404, "not_found", "Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours; the log has it under the request id."""
    if request.path.startswith("/api/"):
        return _error(500, "error", "Something went wrong.")
    return defaults.server_error(request)


def _error(status: int, code: str, detail: str) -> JsonResponse:
    kind = "client_error" if status < 500 else "server_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}
    return JsonResponse(body, status=status)


@require_GET
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when requests can be served: the database answers. Without Redis, a worker or with a
    long backlog the hub is `degraded`: it serves, and catches up later.
    """
    checks = {
        "database": _database(),
        "redis": _redis(),
        "worker": _worker(),
        "embeddings": _embeddings(),
    }
    required = checks["database"]["ok"]
    status = "ok" if all(check["ok"] for check in checks.values()) else "degraded"
    body = {"status": status if required else "down", "checks": checks}
    return JsonResponse(body, status=200 if required else 503)


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
