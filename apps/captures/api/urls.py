from rest_framework.routers import SimpleRouter

from apps.captures.api.views import CaptureViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("captures", CaptureViewSet, basename="capture")
