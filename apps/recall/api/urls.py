from django.urls import URLPattern, path

from apps.recall.api.views import RecallViewSet

urlpatterns: list[URLPattern] = [
    path("recall", RecallViewSet.as_view({"post": "create"}), name="recall")
]
