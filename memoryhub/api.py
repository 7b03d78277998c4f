"""The agents' API under `/api/v1/`: every room's router, and the OpenAPI document."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from apps.accounts.api.urls import router as accounts
from apps.audit.api.urls import router as audit
from apps.canon.api.urls import router as canon
from apps.canon.api.urls import urlpatterns as canon_files
from apps.captures.api.urls import router as captures
from apps.captures.api.urls import urlpatterns as distilling
from apps.consolidation.api.urls import router as consolidation
from apps.consolidation.api.urls import urlpatterns as archivist
from apps.curation.api.urls import router as curation
from apps.decay.api.urls import router as decay
from apps.decay.api.urls import urlpatterns as strength
from apps.governance.api.urls import router as governance
from apps.governance.api.urls import urlpatterns as exchange
from apps.graph.api.urls import router as graph
from apps.graph.api.urls import urlpatterns as graph_views
from apps.memories.api.urls import router as memories
from apps.recall.api.urls import urlpatterns as recall
from apps.spaces.api.urls import router as spaces
from apps.spaces.api.urls import urlpatterns as me
from apps.usage.api.urls import urlpatterns as usage

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for room in (
    accounts, spaces, memories, canon, graph, captures, curation, decay, consolidation, audit,
    governance,
):  # fmt: skip
    router.registry.extend(room.registry)

v1: list[URLPattern | URLResolver] = [
    *me,
    *recall,
    *strength,
    *archivist,
    *exchange,
    *canon_files,
    *graph_views,
    *usage,
    *distilling,
    *router.urls,
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include((v1, "v1"))),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
]
