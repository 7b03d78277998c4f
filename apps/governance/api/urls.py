from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.governance.api import exchange, switches, views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("erasures", views.ErasureViewSet, basename="erasure")
router.register("retention-rules", views.RetentionRuleViewSet, basename="retention-rule")
router.register("retention-runs", views.RetentionRunViewSet, basename="retention-run")
router.register("holds", views.HoldViewSet, basename="hold")
router.register("switches", switches.SwitchViewSet, basename="switch")

urlpatterns: list[URLPattern] = [
    path(
        "exports/person",
        exchange.PersonExportViewSet.as_view({"get": "retrieve"}),
        name="export-person",
    ),
    path(
        "spaces/<uuid:id>/export",
        exchange.SpaceExportViewSet.as_view({"get": "retrieve"}),
        name="export-space",
    ),
    path("imports", exchange.ImportViewSet.as_view({"post": "create"}), name="import"),
]
