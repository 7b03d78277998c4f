from rest_framework.routers import SimpleRouter

from apps.consolidation.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("consolidation/runs", views.ConsolidationRunViewSet, basename="consolidation-run")
router.register("consolidation/proposals", views.ProposalViewSet, basename="archivist-proposal")
router.register("consolidation/changes", views.ChangeViewSet, basename="archivist-change")
router.register("consolidation/policies", views.ArchivistPolicyViewSet, basename="archivist-policy")
