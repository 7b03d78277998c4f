from rest_framework.routers import SimpleRouter

from apps.governance.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("erasures", views.ErasureViewSet, basename="erasure")
router.register("retention-rules", views.RetentionRuleViewSet, basename="retention-rule")
router.register("retention-runs", views.RetentionRunViewSet, basename="retention-run")
router.register("holds", views.HoldViewSet, basename="hold")
