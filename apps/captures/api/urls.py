from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.captures.api.trials import DistilTrialViewSet
from apps.captures.api.views import CaptureViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("captures", CaptureViewSet, basename="capture")

urlpatterns: list[URLPattern] = [
    path("captures/try", DistilTrialViewSet.as_view({"post": "create"}), name="captures-try"),
]
