from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.graph.api import views

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("graph/entities", views.EntityViewSet, basename="graph-entity")
router.register("graph/changes", views.ChangeViewSet, basename="graph-change")
router.register("graph/relations", views.RelationViewSet, basename="graph-relation")

urlpatterns: list[URLPattern] = [
    path("graph/about", views.AboutViewSet.as_view({"get": "retrieve"}), name="graph-about"),
    path(
        "graph/export", views.GraphExportViewSet.as_view({"get": "retrieve"}), name="graph-export"
    ),
    path(
        "graph/types",
        views.TypeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="graph-types",
    ),
    path(
        "graph/personal",
        views.PersonalViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="graph-personal",
    ),
]
