from rest_framework.routers import SimpleRouter

from apps.governance.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("erasures", views.ErasureViewSet, basename="erasure")
router.register("holds", views.HoldViewSet, basename="hold")
