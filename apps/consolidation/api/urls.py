from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.consolidation.api import spaces, views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("consolidation/runs", views.ConsolidationRunViewSet, basename="consolidation-run")
router.register("consolidation/proposals", views.ProposalViewSet, basename="archivist-proposal")
router.register("consolidation/changes", views.ChangeViewSet, basename="archivist-change")
router.register("consolidation/policies", views.ArchivistPolicyViewSet, basename="archivist-policy")

urlpatterns: list[URLPattern] = [
    path(
        "spaces/<uuid:id>/brief",
        spaces.BriefViewSet.as_view({"get": "retrieve"}),
        name="space-brief",
    ),
    path(
        "spaces/<uuid:id>/archivist/try",
        spaces.TrialViewSet.as_view({"post": "create"}),
        name="archivist-try",
    ),
]
