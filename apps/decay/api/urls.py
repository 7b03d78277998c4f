from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.decay.api.views import DecayRunViewSet, ForecastViewSet, StrengthViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("decay-runs", DecayRunViewSet, basename="decay-run")
urlpatterns: list[URLPattern] = [
    path("decay-forecasts", ForecastViewSet.as_view({"post": "create"}), name="decay-forecast"),
    path(
        "memories/<uuid:id>/strength",
        StrengthViewSet.as_view({"get": "retrieve"}),
        name="memory-strength",
    ),
]
